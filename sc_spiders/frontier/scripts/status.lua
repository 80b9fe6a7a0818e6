-- How the crawl's queue stands. Returns what Redis has lost of the crawl; otherwise '', the number of listings in the
-- queue, and how many of them are leased.
local lost = lost_parts()
if lost == '' then
  lost = lost_groups()
end
if lost ~= '' then
  return {lost, 0, 0}
end
local queued, leased = 0, 0
for _, name in ipairs(streams()) do
  queued = queued + redis.call('XLEN', key(name))
  leased = leased + redis.call('XPENDING', key(name), GROUP)[1]
end
return {'', queued, leased}
