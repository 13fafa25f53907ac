-- OPEN: write a new job's hash; runs in one MULTI with the commands that put its ticket on the RQ queue.
--
-- keys       the prefix
-- arguments  settings, id, priority, user, payload, digest, attempts counted before, when it is due (Unix ms; "0" = now)
--            and what that was told as: "delay" or "date"; "schedule" for a schedule's job, else ""
-- guarantee  The caller has WATCHed the hash and found none, and `depth`, so that no bound is passed meanwhile.
--#uses queue counters fresh parked

local id, priority, user, payload = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local key = P .. 'job:' .. id
redis.call('HSET', key, 'state', ARGV[8] == '0' and 'queued' or 'delayed', 'priority', priority, 'payload', payload, 'digest', ARGV[6], 'enqueued', now)
if user ~= '' then redis.call('HSET', key, 'user', user) end
if ARGV[7] ~= '0' then redis.call('HSET', key, 'attempt', ARGV[7]) end
if ARGV[10] ~= '' then redis.call('HSET', key, 'origin', ARGV[10]) end
if ARGV[8] == '0' then
  park(priority, user, 1)
else
  put_off(id, priority, user, tonumber(ARGV[8]), ARGV[9])
end
add('bytes:' .. priority, #payload)
count('enqueued')
count_in_slot(P .. 'arrived', 1)
