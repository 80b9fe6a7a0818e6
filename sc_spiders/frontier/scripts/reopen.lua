-- Try some parked listings of a finished crawl again, as if they had never ended. ARGV: worker; in the first call, how
-- many pages the crawl had when the worker began to read the parked listings, else ''; of each listing: key, new state,
-- level, endpoint, how it had ended, whether it ended badly (1 or 0), its name, whether it was tried without success
-- (1 or 0). Returns 0 if another worker does it.
local worker, pages = ARGV[1], ARGV[2]
if pages ~= '' then
  if redis.call('HEXISTS', key('meta'), 'finished') == 1 then
    if redis.call('HGET', key('totals'), 'pages') ~= pages then
      return 0  -- another worker has done it meanwhile: these listings have a newer state
    end
    redis.call('HDEL', key('meta'), 'finished', 'finished_at')
    redis.call('HSET', key('meta'), 'reopened_by', worker)
  elseif redis.call('HGET', key('meta'), 'reopened_by') ~= worker then
    return 0
  end  -- else this worker repeats the call, because it lost the answer
end
for i = 3, #ARGV, 8 do
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
