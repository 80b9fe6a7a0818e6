-- Try some parked listings of a finished crawl again, as if they had never ended. ARGV: in the first call, how many
-- pages the crawl had when the worker began to read the parked listings, else ''; of each listing: key, new state,
-- level, endpoint, how it had ended, whether it ended badly (1 or 0), its name, whether it was tried without success
-- (1 or 0).
if ARGV[1] ~= '' then
  if redis.call('HGET', key('totals'), 'pages') ~= ARGV[1] then
    return 0  -- another worker has done it meanwhile: these listings have a newer state
  end
  if redis.call('HDEL', key('meta'), 'finished', 'finished_at') == 0 then
    return 0  -- another worker does it
  end
end
for i = 2, #ARGV, 8 do
  local k, state, level, endpoint, ended, bad, name, tried = unpack(ARGV, i, i + 7)
  local parked = redis.call('HGET', key('parked'), k)
  if parked then
    redis.call('HDEL', key('parked'), k)
    keep(k, 0, parked:match('^%d+') or 0, state)
    redis.call('HINCRBY', key('levels'), level, 1)
    made('levels')
    take_off('ended:' .. ended)
    if bad == '1' then
      take_off('bad')
    end
    redis.call('LREM', key('named'), 1, name)
    local head = tried == '1' and 'tried:' or 'lists:'
    add_to(head .. level .. ':' .. endpoint, 't', '', 'i', '', 'a', '', 'k', k)
  end
end
took_from('parked')
return 1
