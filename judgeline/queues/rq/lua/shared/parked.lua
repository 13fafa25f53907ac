-- Jobs whose tickets wait on an RQ queue: `parked` counts them a priority, `turns` a user, for the bounds of each.
local function park(priority, user, jobs)
  add('parked:' .. priority, jobs)
  if user == '' then return end
  local place = priority .. ':' .. user
  if redis.call('HINCRBY', P .. 'turns', place, jobs) <= 0 then redis.call('HDEL', P .. 'turns', place) end
end

-- A job that waits is to wait no more, or is no job any more: it counts in no bound.
local function unpark(id, state, priority, user)
  if state == 'delayed' then
    redis.call('ZREM', P .. 'delayed', id)
    add('delayed:' .. priority, -1)
    no_longer_fresh(id, priority, user)
  else
    park(priority, user, -1)
  end
  add('bytes:' .. priority, -redis.call('HSTRLEN', P .. 'job:' .. id, 'payload'))
end
