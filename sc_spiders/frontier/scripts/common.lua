-- The functions that all scripts share. KEYS[1] is the crawl's prefix; every key of the crawl begins with it.
--
--   meta       hash    identity and settings of the crawl, number of seeds added, finish_reason once it has finished
--   streams    set     names of the streams; each endpoint (e) has its own, because workers may be blocked at some:
--   pages:<e>      stream  listings that were begun, or that a dead worker had leased: they go first
--   lists:<n>:<e>  stream  new listings of level n
--   tried:<e>      stream  listings that were tried without success before the crawl was reopened: they go last
--   levels     hash    number of open listings by level
--   templates  hash    common parts of listings; a stream's entry has a template (t), an id (i), announced rows (a)
--   state      hash    begun listings: number of acknowledged pages, and the listing as of then
--   ids:<k>    string  ids that a begun listing has seen, for the next worker; k is the listing's first place
--   walked     set     users whose listings were added; walked:bits, a bitmap, once there are many
--   workers    zset    when each worker's leases end; info: hash, what each says about itself
--   blocked    hash    endpoints at which each worker is blocked; hopeless: hash, since when all are, by endpoint
--   parked     hash    listings that ended and that a later run tries again
--   totals     hash    counts; named: list, names of the first incomplete listings

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

-- The stream belongs to an entry's place: two streams may use the same id.
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

-- The number of acknowledged pages of a listing.
local function pages_of(k)
  local state = redis.call('HGET', key('state'), k)
  return state and tonumber(state:match('^%d+')) or 0
end

-- Release a listing: the next worker gets it, from its last acknowledged state. `lost` is 1 if a worker died with it.
-- Field n counts the workers that died with its present page, p.
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

-- Release all leases of a worker except the places in `but`. Returns how many.
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

-- Mark a user as walked. Returns whether that is new.
local function first_time(id, many)
  if not many or (tonumber(id) or 4294967296) >= 4294967296 then
    return redis.call('SADD', key('walked'), id) == 1
  end
  return redis.call('SISMEMBER', key('walked'), id) == 0 and redis.call('SETBIT', key('walked:bits'), id, 1) == 0
end

-- ARGV from `at` on: templates (count; then name, text), then groups of listings of one subject (count; then user, id,
-- count; then template, announced, level:endpoint). A group with a user is only added if that user was not walked
-- before. Without a template, the id is the listing itself.
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
