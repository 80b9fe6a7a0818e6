-- The functions that all scripts share. KEYS[1] is the crawl's prefix; every key of the crawl begins with it.
--
--   meta       hash    identity and settings of the crawl, level of its seeds and number of those added, finish_reason once
--                      it has finished
--   parts      set     the keys that must exist now, with prefix: if one does not, Redis has lost it (`lost_parts`)
--   Each endpoint (e) has its own streams, because workers may be blocked at some:
--   pages:<e>      stream  listings that were begun, or that a dead worker had leased: they go first
--   lists:<n>:<e>  stream  new listings of level n
--   tried:<n>:<e>  stream  listings that were tried without success before the crawl was reopened: they go last
--   levels     hash    number of open listings by level
--   templates  hash    common parts of listings; a stream's entry has a template (t), an id (i), announced rows (a)
--   state      hash    begun listings: number of acknowledged pages, bytes of its ids, and the listing as of then
--   ids:<k>    string  ids that a begun listing has seen, for the next worker; k is the listing's first place
--   walked     set     users whose listings were added; walked:bits, a bitmap, once there are many
--   workers    zset    when each worker's leases end
--   parked     hash    listings that ended and that a later run tries again: bytes of its ids, and the listing
--   totals     hash    counts
--
-- These keys are never in `parts`, because a crawl is exact without them:
--   info       hash    what each worker says about itself
--   blocked    hash    endpoints at which each worker is blocked; hopeless: hash, since when all are, by endpoint
--   named      list    names of the first incomplete listings
--   worker_names  set  names that workers have or had
--   beat       string  time of the last sign of life; grace: no worker counts as dead until then; pace: time of the
--                      next request

local GROUP = 'workers'
local STREAMS = {pages = true, lists = true, tried = true}
local MAIN = {'meta', 'totals', 'levels', 'templates', 'state', 'walked', 'walked:bits', 'parked'}
local MANY = 1000000  -- a set takes 56 bytes an id, the bitmap at most 512 MB
local ALL = 2 ^ 31  -- more leases than a worker can have

local function key(name)
  return KEYS[1] .. name
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The names of the streams that the crawl has, without the prefix.
local function streams()
  local names = {}
  for _, part in ipairs(redis.call('SMEMBERS', key('parts'))) do
    local name = part:sub(#KEYS[1] + 1)
    if STREAMS[name:match('^%a+')] then
      names[#names + 1] = name
    end
  end
  return names
end

-- The names of the parts that Redis has lost, with spaces between them; '' if there are none, `gone` if nothing is left.
local function lost_parts()
  local parts = redis.call('SMEMBERS', key('parts'))
  if #parts == 0 then
    local left = 0
    for _, name in ipairs(MAIN) do
      left = left + redis.call('EXISTS', key(name))
    end
    return left == 0 and 'gone' or 'parts'
  end
  if redis.call('EXISTS', unpack(parts)) == #parts then
    return ''
  end
  local lost = {}
  for _, part in ipairs(parts) do
    if redis.call('EXISTS', part) == 0 then
      lost[#lost + 1] = part:sub(#KEYS[1] + 1)
    end
  end
  return table.concat(lost, ' ')
end

-- The same for consumer groups. Only scripts that use no stream check that: without its group, no stream can be used.
local function lost_groups()
  local lost = {}
  for _, name in ipairs(streams()) do
    if #redis.call('XINFO', 'GROUPS', key(name)) == 0 then
      lost[#lost + 1] = 'group:' .. name
    end
  end
  return table.concat(lost, ' ')
end

-- A script has written to this key: from now on it must exist.
local function made(name)
  redis.call('SADD', key('parts'), key(name))
end

-- A script has removed something from this key. If that was the last of it, Redis has removed the key.
local function took_from(name)
  if redis.call('EXISTS', key(name)) == 0 then
    redis.call('SREM', key('parts'), key(name))
  end
end

-- The answer of a script if Redis has lost something that is not a whole key. From now on, all scripts give it.
local function lose(name)
  made(name)
  return redis.error_reply('LOST ' .. name)
end

local there = {}

local function add_to(name, ...)
  if not there[name] then
    there[name] = true
    if redis.call('SISMEMBER', key('parts'), key(name)) == 0 then
      redis.call('XGROUP', 'CREATE', key(name), GROUP, '0', 'MKSTREAM')
      made(name)
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

-- The place of an entry, with its stream: two streams may use the same id.
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

-- The number of acknowledged pages of a listing, and how many bytes of ids it has seen.
local function progress(k)
  local state = redis.call('HGET', key('state'), k) or ''
  local pages, seen = state:match('^(%d+) (%d+) ')
  return tonumber(pages or 0), tonumber(seen or 0)
end

local function keep(k, pages, seen, listing)
  if redis.call('HSET', key('state'), k, pages .. ' ' .. seen .. ' ' .. listing) == 1 then
    made('state')
  end
end

-- Release a listing: the next worker gets it, from its last acknowledged state. `lost` is 1 if a worker died with it.
-- Field n counts the workers that died with its present page, p.
local function put_back(name, id, lost)
  local entry = redis.call('XRANGE', key(name), id, id)[1]
  remove(name, id)
  if entry then
    local f = fields_of(entry)
    local k = f.k or place(name, id)
    local page = progress(k)
    local before = tonumber(f.p) == page and tonumber(f.n) or 0
    local head = page == 0 and name:match('^tried:[^:]*:') or 'pages:'
    add_to(head .. name:match('[^:]*$'), 't', f.t, 'i', f.i, 'a', f.a, 'k', k, 'n', before + lost, 'p', page)
  end
end

-- Release all leases of a worker except the places in `but`. Returns how many.
local function put_all_back(worker, lost, but, idle)
  local count = 0
  for _, name in ipairs(streams()) do
    for _, held in ipairs(redis.call('XPENDING', key(name), GROUP, 'IDLE', idle, '-', '+', ALL, worker)) do
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
  for _, name in ipairs(streams()) do
    redis.call('XGROUP', 'DELCONSUMER', key(name), GROUP, worker)
  end
  redis.call('ZREM', key('workers'), worker)
  took_from('workers')
  redis.call('HDEL', key('info'), worker)
  redis.call('HDEL', key('blocked'), worker)
end

-- Move all stored times by so many ms.
local function move_times(by)
  for _, worker in ipairs(redis.call('ZRANGE', key('workers'), 0, -1)) do
    redis.call('ZINCRBY', key('workers'), by, worker)
  end
  for _, name in ipairs({'grace', 'pace'}) do
    if redis.call('EXISTS', key(name)) == 1 then
      redis.call('INCRBYFLOAT', key(name), by)
    end
  end
  for _, endpoint in ipairs(redis.call('HKEYS', key('hopeless'))) do
    redis.call('HINCRBY', key('hopeless'), endpoint, by)
  end
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
    if redis.call('HSETNX', key('templates'), take(), take()) == 1 then
      made('templates')
    end
  end
  local users = tonumber(redis.call('HGET', key('totals'), 'walked') or 0)
  local many = redis.call('SCARD', key('walked')) >= MANY
  local before, levels = users, {}
  local last, wanted = '', true
  for _ = 1, tonumber(take()) do
    local user, id, count = take(), take(), tonumber(take())
    if user == '' then
      wanted = true
    elseif user ~= last then  -- otherwise these are further lists of the same user
      wanted = (limit == 0 or users < limit) and first_time(user, many)
      users = users + (wanted and 1 or 0)
    end
    last = user
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
    made('walked')
    if redis.call('EXISTS', key('walked:bits')) == 1 then
      made('walked:bits')
    end
  end
  for level, count in pairs(levels) do
    redis.call('HINCRBY', key('levels'), level, count)
    made('levels')
  end
end
