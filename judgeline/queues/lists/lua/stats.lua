-- STATS: the queue, now.
--
-- keys       the prefix
-- arguments  settings
-- gives      {{name, queued, bytes, age of the next in ms, paused} for each priority,
--             {running, delayed, dead, unrecorded, workers alive, ended in the last minute,
--             1 or 0: closed, come in in the last minute}, totals as field, value ...}
-- guarantee  Changes nothing.
--#uses queue counters

-- Where all that waits at a priority is held back (max_running_per_user), the first in line of the first such user.
local function first_held_back(priority)
  for _, place in ipairs(redis.call('ZRANGE', P .. 'capped', 0, 99)) do
    if string.match(place, '^[^:]*') == priority then return redis.call('LINDEX', P .. 'behind:' .. place, -1) end
  end
end

local priorities = {}
for _, one in ipairs(settings.priorities) do
  local name = one[1]
  local depth = redis.call('HMGET', P .. 'depth', 'parked:' .. name, 'bytes:' .. name)
  local next = redis.call('LINDEX', P .. name, -1)
  if not next and (tonumber(depth[1]) or 0) > 0 then next = first_held_back(name) end
  local times = next and redis.call('HMGET', P .. 'job:' .. next, 'enqueued', 'ready') or {}
  local enqueued = times[2] or times[1] -- what had to wait for its time is as old as its place in line
  priorities[#priorities + 1] = {
    name, redis.call('LLEN', P .. name) + (depth[1] or 0), tonumber(depth[2] or '0'),
    enqueued and math.max(0, now - enqueued) or 0, redis.call('SISMEMBER', P .. 'paused', name),
  }
end
local running = 0
for _, worker in ipairs(redis.call('ZRANGE', P .. 'workers', 0, -1)) do
  running = running + redis.call('LLEN', P .. 'backup:' .. worker)
end
local alive = redis.call('ZCOUNT', P .. 'workers', now, '+inf')
return {
  priorities,
  {
    running, redis.call('ZCARD', P .. 'delayed'), redis.call('ZCARD', P .. 'dead'),
    redis.call('ZCARD', P .. 'unrecorded'), alive, drained_in_a_minute(),
    redis.call('SISMEMBER', P .. 'paused', ':closed'), in_a_minute(P .. 'arrived'),
  },
  redis.call('HGETALL', P .. 'totals'),
}
