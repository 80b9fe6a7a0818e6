-- A worker goes in peace: others have at once what it held. ARGV: worker.
dismiss(ARGV[1], 0)
