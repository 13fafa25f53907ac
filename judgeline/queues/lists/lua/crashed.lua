-- CRASHED: settle what a dead worker held, and forget the worker.
--
-- keys       the prefix
-- arguments  settings, worker, evidence, how ("crashes", or "released": what it held is not to blame)
-- gives      {id, state after} for each job it held
-- guarantee  Each held job goes to exactly one place, with its crash counted once: a repeat finds nothing.
--#uses queue counters turns caps held endings interrupted

local worker, moved = ARGV[2], {}
for _, id in ipairs(redis.call('LRANGE', P .. 'backup:' .. worker, 0, 99)) do
  moved[#moved + 1] = { id, interrupted(worker, id, ARGV[4], ARGV[3]) }
end
forget_worker(worker)
return moved
