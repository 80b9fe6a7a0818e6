"""The queue of listings: handed out, acknowledged page by page, and what was seen."""
