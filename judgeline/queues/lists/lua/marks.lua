-- MARKS: how far schedules have come.
--
-- keys       the prefix
-- arguments  settings, schedules as FIRE names them
-- gives      the server's time in ms, then each schedule's marker, "" where it has none
-- guarantee  Changes nothing.
--#uses queue

local answer = { now }
for i = 2, #ARGV do
  answer[i] = string.match(redis.call('HGET', P .. 'schedules', ARGV[i]) or '', '^%d*')
end
return answer
