-- Add some of the seeds, whoever does it. ARGV: how many there must be before, how many these are, listings as
-- add_listings takes them. The answer: how many there are now; -1: no such crawl.
local before = tonumber(redis.call('HGET', key('meta'), 'seeded') or -1)
if before ~= tonumber(ARGV[1]) then
  return before  -- another worker was faster, or the answer was lost
end
add_listings(3, 0)
return redis.call('HINCRBY', key('meta'), 'seeded', ARGV[2])
