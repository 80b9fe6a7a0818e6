-- Add some seeds. ARGV: how many seeds must be there before, how many these are, listings as add_listings takes them.
-- Returns how many are there now.
local before = tonumber(redis.call('HGET', key('meta'), 'seeded'))
if before ~= tonumber(ARGV[1]) then
  return before  -- another worker was faster, or this one repeats the call because it lost the answer
end
add_listings(3, 0)
return redis.call('HINCRBY', key('meta'), 'seeded', ARGV[2])
