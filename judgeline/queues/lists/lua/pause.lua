-- PAUSE: stop or allow claims, or new jobs.
--
-- keys       the prefix
-- arguments  settings, "pause" or "resume" and priorities; or "close" or "open"
-- gives      1
-- guarantee  A repeat changes nothing. After a resume those who wait look again.
--#uses queue counters turns

if ARGV[2] == 'close' or ARGV[2] == 'open' then
  redis.call(ARGV[2] == 'close' and 'SADD' or 'SREM', P .. 'paused', ':closed')
end
for i = 3, #ARGV do
  redis.call(ARGV[2] == 'pause' and 'SADD' or 'SREM', P .. 'paused', ARGV[i])
  if ARGV[2] == 'resume' then wake(ARGV[i]) end
end
return 1
