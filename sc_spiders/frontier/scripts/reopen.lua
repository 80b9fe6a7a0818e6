-- A finished crawl whose parked listings are tried again. ARGV: their keys, states (as they now are), levels.
if redis.call('HDEL', key('meta'), 'finished', 'finished_at') == 0 then
  return 0  -- somebody else has done it
end
for i = 1, #ARGV, 3 do
  local k, state, level = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if redis.call('HDEL', key('parked'), k) == 1 then
    redis.call('HSET', key('state'), k, '0 ' .. state)
    redis.call('HINCRBY', key('levels'), level, 1)
    add_to('pages', 't', '', 'i', '', 'a', '', 'k', k)
  end
end
redis.call('DEL', key('named'))
for _, name in ipairs(redis.call('HKEYS', key('totals'))) do
  if name == 'bad' or (name:sub(1, 6) == 'ended:' and name ~= 'ended:complete') then
    redis.call('HDEL', key('totals'), name)
  end
end
return 1
