-- STATS: the queue, now.
--
-- keys       the prefix
-- arguments  settings
-- gives      {{name, queued, bytes, age of the next in ms, paused} for each priority,
--             {running, delayed, dead, unrecorded, workers alive, ended in the last minute}, totals as field, value ...}
-- guarantee  Changes nothing.
--#uses queue counters

local priorities = {}
for _, one in ipairs(settings.priorities) do
  local name = one[1]
  local depth = redis.call('HMGET', P .. 'depth', 'parked:' .. name, 'bytes:' .. name)
  local next = redis.call('LINDEX', P .. name, -1)
  local enqueued = next and redis.call('HGET', P .. 'job:' .. next, 'enqueued')
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
  },
  redis.call('HGETALL', P .. 'totals'),
}
