"""From one decoded answer of the API to a `Page`: its records by kind, its edges, and the next page of its list.

Knows nothing of Scrapy. `shape` checks that an answer fits its endpoint. `rows` and `groups` find the objects in it.
`emit` makes records and edges. `paginator` finds the next page. The `PageReader` in `reader` uses all of these.
"""
