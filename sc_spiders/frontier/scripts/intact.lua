-- Comes before each step of a crawl. Redis must have all of the crawl, because a script must not make a lost key anew.
-- The last ARGV is the crawl's id: if Redis has another id, somebody began the crawl again.
local id = table.remove(ARGV)
local lost = lost_parts()
if lost == 'gone' or (lost == '' and redis.call('HGET', key('meta'), 'id') ~= id) then
  return redis.error_reply('GONE crawl')
end
if lost ~= '' then
  return redis.error_reply('LOST ' .. lost)
end
