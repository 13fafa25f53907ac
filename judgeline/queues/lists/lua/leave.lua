-- LEAVE: forget a worker that holds nothing.
--
-- keys       the prefix
-- arguments  settings, worker
-- gives      1, or 0 when it still holds a job (then its lease runs on, and TICK sees to it)
-- guarantee  A repeat changes nothing.
--#uses queue counters turns caps held endings interrupted

if redis.call('EXISTS', P .. 'backup:' .. ARGV[2]) == 1 then return 0 end
forget_worker(ARGV[2])
return 1
