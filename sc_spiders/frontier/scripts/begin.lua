-- Begin the crawl unless another worker did. Returns its meta, and what Redis has lost of the crawl. ARGV: fields and
-- values of meta.
local lost = lost_parts()
if lost == 'gone' then
  for _, name in ipairs({'workers', 'info', 'blocked', 'hopeless', 'named', 'beat', 'grace', 'pace', 'worker_names'}) do
    redis.call('DEL', key(name))  -- what an earlier crawl may have left
  end
  redis.call('HSET', key('meta'), 'seeded', 0, unpack(ARGV))
  redis.call('HSET', key('totals'), 'pages', 0)
  made('meta')
  made('totals')
  lost = ''
elseif lost == '' then
  lost = lost_groups()
end
return {redis.call('HGETALL', key('meta')), lost}
