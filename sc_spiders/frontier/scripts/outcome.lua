-- Returns the crawl's finish_reason, its counts, and the names of some incomplete listings.
return {
  redis.call('HGET', key('meta'), 'finished') or '', redis.call('HGETALL', key('totals')),
  redis.call('LRANGE', key('named'), 0, -1),
}
