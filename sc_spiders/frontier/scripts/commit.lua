-- Acknowledge a page: store its listing's new state, new listings and counts. One call a page.
-- ARGV: worker, stream, entry, key, pages acknowledged before, verb, level, state, ids, how it ended, name, whether it
-- ended badly (1 or 0), whether the crawl counts one more list (1 or 0), limit of walked users, time; number of
-- counters, their names and values; then listings as add_listings takes them.
--
-- Verbs: `go` (on with the next page), `end`, `park` (end, but a later run tries it again), `save` (same page again),
-- `give` (put it back). Returns `ok`; `lost` if the listing is not this worker's any more.
local worker, stream, entry, k, before, verb, level, state, ids, ended, name, bad, listed, limit, time = unpack(ARGV, 1, 15)
before = tonumber(before)
-- A Redis that came back with an older state may not even know the stream.
if redis.call('SISMEMBER', key('parts'), key(stream)) == 0
  or #redis.call('XPENDING', key(stream), GROUP, entry, entry, 1, worker) == 0 then
  return 'lost'
end
local known, seen = progress(k)
if (verb == 'go' or verb == 'save') and known == before + 1 then
  return 'ok'  -- the worker repeats the call, because it lost the answer
end
if known ~= before then
  put_back(stream, entry, 0)  -- Redis came back with an older state
  return 'lost'
end
if verb == 'give' then
  put_back(stream, entry, 0)
  return 'lost'
end
if verb == 'save' then
  keep(k, before, seen, state)
  return 'ok'
end

redis.call('HINCRBY', key('totals'), 'pages', 1)
local at = 17
for _ = 1, tonumber(ARGV[16]) do
  redis.call('HINCRBY', key('totals'), ARGV[at], ARGV[at + 1])
  at = at + 2
end
add_listings(at, tonumber(limit))

if verb == 'go' then
  keep(k, before + 1, seen + #ids, state)
  if ids ~= '' then
    redis.call('APPEND', key('ids:' .. k), ids)
  end
  return 'ok'
end

remove(stream, entry)
redis.call('HDEL', key('state'), k)
took_from('state')
if verb == 'park' then
  redis.call('HSET', key('parked'), k, seen .. ' ' .. state)
  made('parked')
else
  redis.call('DEL', key('ids:' .. k))
end
if ended ~= '' then
  redis.call('HINCRBY', key('totals'), 'ended:' .. ended, 1)
end
if bad == '1' then
  redis.call('HINCRBY', key('totals'), 'bad', 1)
end
if listed == '1' then
  redis.call('HINCRBY', key('totals'), 'lists', 1)
end
if name ~= '' and redis.call('LLEN', key('named')) < 10 then
  redis.call('RPUSH', key('named'), name)
end
if redis.call('HINCRBY', key('levels'), level, -1) <= 0 then
  redis.call('HDEL', key('levels'), level)
  took_from('levels')
end
local seeded, seeds = unpack(redis.call('HMGET', key('meta'), 'seeded', 'seeds'))
if redis.call('HLEN', key('levels')) == 0 and seeded == seeds then
  local bad_ones, refused, came, whole = unpack(
    redis.call('HMGET', key('totals'), 'bad', 'ended:forbidden', 'came', 'ended:complete')
  )
  local all_refused = refused and not (came or whole)
  local reason = (bad_ones or all_refused) and 'incomplete' or 'finished'
  redis.call('HSET', key('meta'), 'finished', reason, 'finished_at', time)
  if redis.call('HLEN', key('parked')) == 0 then  -- no later run goes on with it
    for _, part in ipairs(redis.call('SMEMBERS', key('parts'))) do
      if part ~= key('meta') and part ~= key('totals') and part ~= key('workers') then
        redis.call('UNLINK', part)
        redis.call('SREM', key('parts'), part)
      end
    end
  end
end
return 'ok'
