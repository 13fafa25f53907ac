-- PAUSE: stop or allow claims.
--
-- keys       the prefix
-- arguments  settings, "pause" or "resume", priorities
-- gives      1
-- guarantee  A repeat changes nothing. After a resume those who wait look again.
--#uses queue counters turns

for i = 3, #ARGV do
  redis.call(ARGV[2] == 'pause' and 'SADD' or 'SREM', P .. 'paused', ARGV[i])
  if ARGV[2] == 'resume' then wake(ARGV[i]) end
end
return 1
