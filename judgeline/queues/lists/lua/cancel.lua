-- CANCEL: take a waiting job off, or flag a running one.
--
-- keys       the prefix
-- arguments  settings, id
-- gives      "cancelled", "asked", "too_late", or false when there is no such job
-- guarantee  A job is cancelled or done, never both: FINISH decides for one that runs. A repeat gives the same answer.
--#uses queue counters turns fresh endings

local id = ARGV[2]
local job = redis.call('HMGET', job_key(id), 'state', 'priority', 'user', 'attempt', 'origin')
local state, priority, user = job[1], job[2], job[3] or ''
if not state then return false end
if state == 'cancelled' then return 'cancelled' end
if state == 'running' then
  redis.call('HSET', job_key(id), 'cancelling', 1)
  return 'asked'
end
if state ~= 'queued' and state ~= 'delayed' then return 'too_late' end

if state == 'delayed' then
  redis.call('ZREM', P .. 'delayed', id)
  add('delayed:' .. priority, -1)
  no_longer_fresh(id, priority, user)
elseif user ~= '' and redis.call('LREM', P .. 'behind:' .. priority .. ':' .. user, 1, id) == 1 then
  add('parked:' .. priority, -1)
else
  -- Were it not on the list, where somebody removed it by hand, its turn must pass all the same: no line of a user's
  -- may wait behind a head that is gone.
  redis.call('LREM', P .. priority, 1, id)
  if pass_turn(priority, user) then wake(priority) end
end
add('bytes:' .. priority, -redis.call('HSTRLEN', job_key(id), 'payload'))
complete(id, 'cancelled', job[4], 'reason', 'cancelled before it ran', job[5])
return 'cancelled'
