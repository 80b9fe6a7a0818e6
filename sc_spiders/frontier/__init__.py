"""The queue of listings: handed out, acknowledged page by page, and what was seen.

Tests kill a crawl where that leaves something half done. These points have names, and the code passes them by
`sys.audit`: `sys.audit("sc_spiders.commit.before", listing)`. It costs next to nothing unless somebody listens, as
`bench.points` does. A point is `before` or `after` one of these steps. Those with an asterisk tell their listing.

    plan_folder       the job directory remembers the output folder that is made next
    make_folder       the output folder is made
    create_store      the tables of the job directory are made
    begin             a new job is stored
    resume            a job of a former run is resumed; within it:
    cut_back              an output file is cut back to what was acknowledged
    reopen                listings that the former run held are pending again
    hand_out *        a listing is handed out as a request
    plan_page         the lengths that the output has with a page are noted, before the page is written
    commit *          a page is acknowledged; within it:
    log_seen              ids are written to the log of what was seen
    save *            a listing is stored
    checkpoint        commits are synced to the disk
    exchange          a worker's acknowledgements are in Redis
    idle              nothing is left to ask for
    finish            the closing records are written; within it:
    closing_records       one page of them
    close             the job is closed
"""
