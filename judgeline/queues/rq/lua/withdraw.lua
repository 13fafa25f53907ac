-- WITHDRAW: cancel a job that waits, or flag one that runs.
--
-- keys       the prefix
-- arguments  settings, id
-- gives      "cancelled", "asked", "too_late", or false when there is no such job
-- guarantee  A cancelled job is not begun, wherever its ticket is. A repeat gives the same answer.
--#uses queue counters fresh endings parked

local id = ARGV[2]
local key = job_key(id)
local job = redis.call('HMGET', key, 'state', 'priority', 'attempt', 'origin', 'user')
local state, priority = job[1], job[2]
if not state then return false end
if state == 'cancelled' then return 'cancelled' end
if state == 'running' then
  redis.call('HSET', key, 'cancelling', 1)
  return 'asked'
end
if state ~= 'queued' and state ~= 'delayed' then return 'too_late' end
unpark(id, state, priority, job[5] or '')
complete(id, 'cancelled', job[3], 'reason', 'cancelled before it ran', job[4])
return 'cancelled'
