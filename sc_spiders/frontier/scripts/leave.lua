-- A worker leaves: others can lease its listings at once. ARGV: worker.
dismiss(ARGV[1], 0)
