-- PROMOTE: delayed jobs that are due wait in line. RQ's scheduler moves their tickets in the same second.
--
-- keys       the prefix
-- arguments  settings
-- gives      how many there were, at most 100
-- guarantee  A job whose ticket was quicker, and is worked already, stays as it is. A repeat changes nothing.
--#uses queue counters fresh endings parked

local promoted = 0
for _, id in ipairs(redis.call('ZRANGE', P .. 'delayed', '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
  redis.call('ZREM', P .. 'delayed', id)
  local job = redis.call('HMGET', job_key(id), 'state', 'priority', 'user', 'attempt', 'since', 'due')
  if job[1] == 'delayed' then
    local priority, user = job[2], job[3] or ''
    local ready = math.min(now, math.max(job[5] or now, job[6] or now))
    redis.call('HSET', job_key(id), 'state', 'queued', 'ready', ready)
    redis.call('HDEL', job_key(id), 'due', 'since')
    add('delayed:' .. priority, -1)
    no_longer_fresh(id, priority, user)
    park(priority, user, 1)
    publish(id, 'queued', job[4])
    promoted = promoted + 1
  end
end
return promoted
