-- A worker's sign of life, and more work for it. ARGV: worker, lease in ms, number of listings wanted, what it says
-- about itself, endpoints at which it is blocked (with commas), requests a second over all workers (0: any number),
-- number of sending times wanted, whether to look for leases that it does not know of (1 or 0), whether it may have
-- listings that were tried without success (1 or 0); the places of its leases.
-- Returns the crawl's finish_reason, whether seeds are still to be added, sending times (ms from now), listings, number
-- of unknown leases, endpoints at which all workers are blocked, levels, totals.
local worker, lease, want, info, blocked, rate, moments, audit, may_try = unpack(ARGV, 1, 9)
lease, want, rate, moments = tonumber(lease), tonumber(want), tonumber(rate), tonumber(moments)
local time = now()

-- If no worker was heard for long, Redis was probably away. So the workers get time to come back. If its clock was set
-- back, the stored times are set back, too. Otherwise nobody would notice a dead worker until the clock is there again.
local last = tonumber(redis.call('GET', key('beat')) or 0)
redis.call('SET', key('beat'), time)
if time < last then
  move_times(time - last)
elseif time - last > lease / 2 then
  redis.call('SET', key('grace'), time + lease)
end
if redis.call('ZADD', key('workers'), time + lease, worker) == 1 then
  made('workers')
end
redis.call('HSET', key('info'), worker, info)
if time >= tonumber(redis.call('GET', key('grace')) or 0) then
  for _, silent in ipairs(redis.call('ZRANGEBYSCORE', key('workers'), '-inf', time, 'LIMIT', 0, 10)) do
    dismiss(silent, 1)
  end
end

local strays = 0
if audit == '1' then
  local held = {}
  for i = 10, #ARGV do
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

-- While some other worker is not blocked, a blocked worker gets no listings of that endpoint. If all are blocked, it
-- waits for the time of one lease: another worker may join.
local may_not, hopeless = {}, {}
if blocked == '' then
  redis.call('DEL', key('hopeless'))
else
  redis.call('HSET', key('blocked'), worker, blocked)
  local all = {}
  for _, one in ipairs(redis.call('ZRANGE', key('workers'), 0, -1)) do
    all[#all + 1] = ',' .. (redis.call('HGET', key('blocked'), one) or '') .. ','
  end
  for endpoint in blocked:gmatch('[^,]+') do
    local everywhere = true
    for _, theirs in ipairs(all) do
      everywhere = everywhere and theirs:find(',' .. endpoint .. ',', 1, true) ~= nil
    end
    if everywhere then
      redis.call('HSETNX', key('hopeless'), endpoint, time)
    else
      redis.call('HDEL', key('hopeless'), endpoint)
    end
    may_not[endpoint] = not everywhere or time - redis.call('HGET', key('hopeless'), endpoint) < lease
    if not may_not[endpoint] then
      hopeless[#hopeless + 1] = endpoint
    end
  end
end

-- Begun listings first. A level waits until the one before has ended, but from `unordered_from` on none does.
local meta = redis.call('HMGET', key('meta'), 'unordered_from', 'finished', 'seeded', 'seeds', 'level')
local free = tonumber(meta[1])
local levels = redis.call('HGETALL', key('levels'))
local lowest, open = free, 0
for i = 1, #levels, 2 do
  lowest = math.min(lowest, tonumber(levels[i]))
  open = open + tonumber(levels[i + 1])
end
if meta[3] ~= meta[4] then
  lowest = math.min(lowest, tonumber(meta[5]))  -- seeds are still to be added
end

local listings = {}
local has_all_ids = true

local function read(name, count)
  local got = redis.call('XREADGROUP', 'GROUP', GROUP, worker, 'COUNT', count, 'STREAMS', key(name), '>')
  for _, entry in ipairs(got and got[1][2] or {}) do
    local f = fields_of(entry)
    local k = f.k or place(name, entry[1])
    local state = redis.call('HGET', key('state'), k)
    local ids = state and redis.call('GET', key('ids:' .. k)) or ''
    local _, seen = progress(k)
    if #ids < seen then
      has_all_ids = false
    end
    listings[#listings + 1] = {
      name, entry[1], k, f.t ~= '' and redis.call('HGET', key('templates'), f.t) or '', f.i, f.a, f.n or '0',
      state or '', ids,
    }
  end
end

local all = want > 0 and streams() or {}
local function read_all(head)
  local names = {}
  for _, name in ipairs(all) do
    if name:sub(1, #head) == head and not may_not[name:sub(#head + 1)] then
      names[#names + 1] = name
    end
  end
  local had
  repeat  -- the same number from each endpoint, if there are enough
    had = #listings
    for i, name in ipairs(names) do
      if #listings < want then
        read(name, math.ceil((want - #listings) / (#names - i + 1)))
      end
    end
  until #listings == had
end

read_all('pages:')
read_all('lists:' .. lowest .. ':')
if lowest ~= free then
  read_all('lists:' .. free .. ':')
end
if may_try == '1' and #listings == 0 then
  read_all('tried:' .. lowest .. ':')
  if lowest ~= free then
    read_all('tried:' .. free .. ':')
  end
end

if not has_all_ids then
  return lose('ids')
end
if want > 0 and #listings == 0 then
  for _, name in ipairs(all) do
    open = open - redis.call('XLEN', key(name))
  end
  if open > 0 then
    return lose('listings')  -- each open listing, leased or not, is in a stream
  end
end

return {
  meta[2] or '', meta[3] ~= meta[4] and 1 or 0, allowed, listings, strays, hopeless, levels,
  redis.call('HGETALL', key('totals')),
}
