-- REQUEUE: put a dead letter back on its priority.
--
-- keys       the prefix
-- arguments  settings, id
-- gives      1, or 0 when it is no dead letter
-- guarantee  Its failures, crashes and lost leases are forgotten; its attempts are not, for they are the fencing token.
--            A repeat changes nothing.
--#uses queue counters turns endings

local id = ARGV[2]
local key = job_key(id)
local job = redis.call('HMGET', key, 'state', 'priority', 'user', 'attempt', 'requeued')
if job[1] ~= 'dead' then
  return job[5] and (job[1] == 'queued' or job[1] == 'running') and 1 or 0
end
if redis.call('ZREM', P .. 'dead', id) == 0 then return 0 end
local bytes, priority = redis.call('HSTRLEN', key, 'payload'), job[2]
redis.call('ZREM', P .. 'unrecorded', id)
redis.call('HSET', key, 'state', 'queued', 'requeued', now)
redis.call('HDEL', key, 'failures', 'crashes', 'lost', 'reason', 'evidence', 'finished', 'worker')
add('bytes:dead', -bytes)
add('bytes:' .. priority, bytes)
join(id, priority, job[3] or '')
count('requeued')
publish(id, 'queued', job[4])
return 1
