-- What all scripts share. KEYS[1] is the crawl's prefix; every key of the crawl begins with it.
--
--   meta       hash    what the crawl is, how many of its seeds are added, and whether it has finished
--   streams    set     the streams that there are, one an endpoint (e), for a worker may be blocked at some:
--   pages:<e>      stream  listings that were begun, or held by a worker that is gone: they go first
--   lists:<n>:<e>  stream  listings of level n not yet begun
--   tried:<e>      stream  listings that were asked for in vain before the crawl was reopened: they go last
--   levels     hash    how many listings of each level have not ended
--   templates  hash    what listings have in common; an entry of a stream names one (t), an id (i), what is announced (a)
--   state      hash    begun listings: how many pages are acknowledged, and the listing as it then was
--   ids:<k>    string  what a begun listing has had, for whoever goes on with it; k is where it first stood
--   walked     set     users whose listings were added; walked:bits, a bitmap, once there are many
--   workers    zset    until when each holds what it holds; info: hash, what it says of itself
--   blocked    hash    of workers that are blocked: at which endpoints; hopeless: hash, since when all are at one
--   parked     hash    listings that ended so that a later run tries them again
--   totals     hash    counts; named: list, the first listings that are short of complete

local GROUP = 'workers'
local MANY = 1000000  -- a set takes 56 bytes an id, the bitmap at most 512 MB

local function key(name)
  return KEYS[1] .. name
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local there = {}

local function add_to(name, ...)
  if not there[name] then
    there[name] = true
    if redis.call('SADD', key('streams'), name) == 1 then
      redis.call('XGROUP', 'CREATE', key(name), GROUP, '0', 'MKSTREAM')
    end
  end
  redis.call('XADD', key(name), '*', ...)
end

local function fields_of(entry)
  local fields = {}
  for i = 1, #entry[2], 2 do
    fields[entry[2][i]] = entry[2][i + 1]
  end
  return fields
end

-- Where an entry stands: two streams may give out the same id.
local function place(name, id)
  return name .. '/' .. id
end

local function remove(name, id)
  redis.call('XACK', key(name), GROUP, id)
  redis.call('XDEL', key(name), id)
end

local function take_off(name)
  if redis.call('HINCRBY', key('totals'), name, -1) <= 0 then
    redis.call('HDEL', key('totals'), name)
  end
end

-- How many pages of a listing are acknowledged.
local function pages_of(k)
  local state = redis.call('HGET', key('state'), k)
  return state and tonumber(state:match('^%d+')) or 0
end

-- Whoever asks next gets it, from the state that was acknowledged last. `lost` is 1 where a worker died over it; n counts
-- how many have over its present page, p.
local function put_back(name, id, lost)
  local entry = redis.call('XRANGE', key(name), id, id)[1]
  remove(name, id)
  if entry then
    local f = fields_of(entry)
    local k = f.k or place(name, id)
    local page = pages_of(k)
    local before = tonumber(f.p) == page and tonumber(f.n) or 0
    local head = page == 0 and name:match('^tried:') or 'pages:'
    add_to(head .. name:match('[^:]*$'), 't', f.t, 'i', f.i, 'a', f.a, 'k', k, 'n', before + lost, 'p', page)
  end
end

-- All that a worker holds, but what is in `but` by its place; how many there were.
local function put_all_back(worker, lost, but, idle)
  local count = 0
  for _, name in ipairs(redis.call('SMEMBERS', key('streams'))) do
    for _, held in ipairs(redis.call('XPENDING', key(name), GROUP, 'IDLE', idle, '-', '+', 10000, worker)) do
      if not but[place(name, held[1])] then
        put_back(name, held[1], lost)
        count = count + 1
      end
    end
  end
  return count
end

local function dismiss(worker, lost)
  put_all_back(worker, lost, {}, 0)
  for _, name in ipairs(redis.call('SMEMBERS', key('streams'))) do
    redis.call('XGROUP', 'DELCONSUMER', key(name), GROUP, worker)
  end
  redis.call('ZREM', key('workers'), worker)
  redis.call('HDEL', key('info'), worker)
  redis.call('HDEL', key('blocked'), worker)
end

-- Whether that user is new; if so, walked from now on.
local function first_time(id, many)
  if not many or (tonumber(id) or 4294967296) >= 4294967296 then
    return redis.call('SADD', key('walked'), id) == 1
  end
  return redis.call('SISMEMBER', key('walked'), id) == 0 and redis.call('SETBIT', key('walked:bits'), id, 1) == 0
end

-- ARGV from `at` on: templates (count; name, text), then groups of listings of one subject (count; who must not have been
-- walked, or nothing, id, count; template, announced, level:endpoint). Without a template the id is the listing itself.
local function add_listings(at, limit)
  local function take()
    at = at + 1
    return ARGV[at - 1]
  end
  for _ = 1, tonumber(take()) do
    redis.call('HSETNX', key('templates'), take(), take())
  end
  local users = tonumber(redis.call('HGET', key('totals'), 'walked') or 0)
  local many = redis.call('SCARD', key('walked')) >= MANY
  local before, levels = users, {}
  for _ = 1, tonumber(take()) do
    local user, id, count = take(), take(), tonumber(take())
    local wanted = user == ''
    if not wanted and (limit == 0 or users < limit) then
      wanted = first_time(user, many)
      users = users + (wanted and 1 or 0)
    end
    for _ = 1, count do
      local template, announced, where = take(), take(), take()
      if wanted then
        local level = where:match('^[^:]*')
        levels[level] = (levels[level] or 0) + 1
        add_to('lists:' .. where, 't', template, 'i', id, 'a', announced)
      end
    end
  end
  if users > before then
    redis.call('HINCRBY', key('totals'), 'walked', users - before)
  end
  for level, count in pairs(levels) do
    redis.call('HINCRBY', key('levels'), level, count)
  end
end
