"""The queue of listings. It hands them out, has them acknowledged page by page, and remembers which ids were seen.

Tests kill a crawl at points where that leaves something half done. The points have names, and the code reports them
with `sys.audit`: `sys.audit("sc_spiders.commit.before", listing)`. That costs almost nothing unless somebody listens,
as `bench.points` does. A point is `before` or `after` one of these steps. An asterisk: the listing is an argument.

    plan_folder       the job directory stores the name of the output folder that is made next
    make_folder       the output folder is made (`before`: only with its own job directory in it)
    create_store      the tables of the job directory are made
    begin             a new job is stored
    resume            an earlier run's job is resumed; within it:
    cut_back              an output file is cut back to the acknowledged length
    reopen                listings that the earlier run leased are pending again
    hand_out *        a listing is handed out as a request
    plan_page         the new lengths of the output files are stored, before a page is written
    commit *          a page is acknowledged; within it:
    log_seen              ids are written to the log of seen ids
    save *            a listing is stored
    checkpoint        commits are synced to the disk
    exchange          a worker's acknowledgements are in Redis
    idle              nothing is left to request
    finish            the closing records are written; within it:
    closing_records       one page of them
    write_cards       the cards of the output are written
    close             the job is closed
    remove_job        an ended crawl's own job directory is removed
    forget            `forget` stores the lengths of the files that take the place of the job's
"""
