-- RATE: whether one more request fits a rate, by the generic cell rate algorithm (a leaky bucket of one number).
-- KEYS[1]  when the bucket will have drained, server microseconds; expires by itself then
-- ARGV[1]  microseconds that one request takes to drain (the period / the requests it allows)
-- ARGV[2]  microseconds the bucket may hold (the period): so many requests may come at once
-- Gives 0 when it fits (and counts it), else the microseconds until one will.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local drained = tonumber(redis.call('GET', KEYS[1]) or now)
if drained < now then
  drained = now
end
local wanted = drained + tonumber(ARGV[1])
local wait = wanted - now - tonumber(ARGV[2])
if wait > 0 then
  return math.ceil(wait)
end
redis.call('SET', KEYS[1], string.format('%.0f', wanted), 'PX', math.ceil((wanted - now) / 1000))
return 0
