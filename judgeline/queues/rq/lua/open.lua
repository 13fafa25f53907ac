-- OPEN: write a new job's hash; runs in one MULTI with the commands that put its ticket on the RQ queue.
--
-- keys       the prefix
-- arguments  settings, id, priority, user, payload, digest, attempts counted before
-- guarantee  The caller has WATCHed the hash and found none.
--#uses queue counters

local id, priority, user, payload = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local key = P .. 'job:' .. id
redis.call('HSET', key, 'state', 'queued', 'priority', priority, 'payload', payload, 'digest', ARGV[6], 'enqueued', now)
if user ~= '' then redis.call('HSET', key, 'user', user) end
if ARGV[7] ~= '0' then redis.call('HSET', key, 'attempt', ARGV[7]) end
add('parked:' .. priority, 1)
add('bytes:' .. priority, #payload)
count('enqueued')
