-- Begin the crawl unless somebody has; what it is.
-- ARGV: count of fields of meta, fields and values, then the seeds as add_listings takes them.
if redis.call('EXISTS', key('meta')) == 0 then
  local count = tonumber(ARGV[1])
  redis.call('HSET', key('meta'), unpack(ARGV, 2, 1 + 2 * count))
  redis.call('SADD', key('streams'), 'pages')
  redis.call('XGROUP', 'CREATE', key('pages'), GROUP, '0', 'MKSTREAM')
  add_listings(2 + 2 * count, 0)
end
return redis.call('HGETALL', key('meta'))
