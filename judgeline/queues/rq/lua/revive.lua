-- REVIVE: make a dead letter a waiting job; runs in one MULTI with the commands that put a ticket on the RQ queue.
--
-- keys       the prefix
-- arguments  settings, id
-- guarantee  The caller has WATCHed the hash and found it dead. Failures, crashes and lost leases are forgotten;
--            attempts are not, for they are the fencing token.
--#uses queue counters endings

local id = ARGV[2]
local key = job_key(id)
local job = redis.call('HMGET', key, 'priority', 'attempt')
local bytes, priority = redis.call('HSTRLEN', key, 'payload'), job[1]
redis.call('ZREM', P .. 'dead', id)
redis.call('ZREM', P .. 'unrecorded', id)
redis.call('HSET', key, 'state', 'queued', 'requeued', now)
redis.call('HDEL', key, 'failures', 'crashes', 'lost', 'reason', 'evidence', 'finished', 'worker')
add('bytes:dead', -bytes)
add('bytes:' .. priority, bytes)
add('parked:' .. priority, 1)
count('requeued')
publish(id, 'queued', job[2])
