-- A sign of life, and more work. ARGV: worker, lease in ms, listings wanted, what it says of itself, requests a second
-- over all workers (0: any number), moments wanted for requests, whether to look for what it lost track of; the entries
-- it holds.
-- The answer: `gone`, or `ok`, how the crawl finished, moments (ms from now), listings, how many were lost track of.
local worker, lease, want, info, rate, moments, audit = unpack(ARGV, 1, 7)
lease, want, rate, moments = tonumber(lease), tonumber(want), tonumber(rate), tonumber(moments)
if redis.call('EXISTS', key('meta')) == 0 then
  return {'gone'}
end
local time = now()

-- Where nobody was heard for long, Redis was away rather than they: they get the time to come back.
local last = tonumber(redis.call('GET', key('beat')) or 0)
redis.call('SET', key('beat'), time)
if time - last > lease / 2 then
  redis.call('SET', key('grace'), time + lease)
end
redis.call('ZADD', key('workers'), time + lease, worker)
redis.call('HSET', key('info'), worker, info)
if time >= tonumber(redis.call('GET', key('grace')) or 0) then
  for _, silent in ipairs(redis.call('ZRANGEBYSCORE', key('workers'), '-inf', time, 'LIMIT', 0, 10)) do
    dismiss(silent, 1)
  end
end

local strays = 0
if audit == '1' then
  local held = {}
  for i = 8, #ARGV do
    held[ARGV[i]] = true
  end
  strays = put_all_back(worker, 0, held, math.floor(lease / 2))
end

local allowed = {}
if moments > 0 then
  local at = math.max(tonumber(redis.call('GET', key('pace')) or 0), time)
  for i = 1, moments do
    allowed[i] = math.floor(at - time)
    at = at + 1000 / rate
  end
  redis.call('SET', key('pace'), string.format('%.3f', at))
end

-- Begun listings first. A level waits until the one before has ended, but from `free_from` on none does.
local names = {'pages'}
local free = tonumber(redis.call('HGET', key('meta'), 'free_from'))
local lowest = free
for _, level in ipairs(redis.call('HKEYS', key('levels'))) do
  lowest = math.min(lowest, tonumber(level))
end
names[2] = 'lists:' .. lowest
if lowest ~= free then
  names[3] = 'lists:' .. free
end

local listings = {}
for _, name in ipairs(names) do
  if #listings < want and redis.call('SISMEMBER', key('streams'), name) == 1 then
    local got = redis.call('XREADGROUP', 'GROUP', GROUP, worker, 'COUNT', want - #listings, 'STREAMS', key(name), '>')
    for _, entry in ipairs(got and got[1][2] or {}) do
      local f = fields_of(entry)
      local k = f.k or entry[1]
      local state = redis.call('HGET', key('state'), k)
      listings[#listings + 1] = {
        name, entry[1], k, f.t ~= '' and redis.call('HGET', key('templates'), f.t) or '', f.i, f.a, f.n or '0',
        state or '', state and redis.call('GET', key('ids:' .. k)) or '',
      }
    end
  end
end
return {'ok', redis.call('HGET', key('meta'), 'finished') or '', allowed, listings, strays}
