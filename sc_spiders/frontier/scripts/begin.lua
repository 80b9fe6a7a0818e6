-- Begin the crawl unless another worker did. Returns its meta. ARGV: fields and values of meta.
if redis.call('EXISTS', key('meta')) == 0 then
  redis.call('HSET', key('meta'), 'seeded', 0, unpack(ARGV))
end
return redis.call('HGETALL', key('meta'))
