-- REQUEUE: put a dead letter back on its priority.
--
-- keys       the prefix
-- arguments  settings, id
-- gives      1, or 0 when it is no dead letter
-- guarantee  Its failures, crashes and lost leases are forgotten; its attempts are not, for they are the fencing token.
--            A repeat changes nothing.
--#uses queue counters turns endings

local id = ARGV[2]
local job = redis.call('HMGET', job_key(id), 'state', 'requeued')
if job[1] ~= 'dead' then
  return job[2] and (job[1] == 'queued' or job[1] == 'running') and 1 or 0
end
if not redis.call('ZSCORE', P .. 'dead', id) then return 0 end
join(id, revive(id))
return 1
