"""Changes of an account: the plan, the comparison with what is there, the journal, and how each is carried out.

Nothing here knows Scrapy. Who carries actions out gives a `wire` to ask and to write by.
"""
