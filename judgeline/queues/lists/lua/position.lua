-- POSITION: about how many jobs start before a waiting one.
--
-- keys       the prefix
-- arguments  settings, id
-- gives      a number (0 = next), or false when the job does not wait on a list
-- guarantee  Changes nothing. An estimate: a job k-th in its user's line waits k rounds of the ring, and the other
--            priorities start jobs meanwhile as their weights say.
--#uses queue

local job = redis.call('HMGET', P .. 'job:' .. ARGV[2], 'state', 'priority', 'user')
if job[1] ~= 'queued' then return false end
local priority, user = job[2], job[3] or ''
local ring = redis.call('LLEN', P .. priority)
local parked = tonumber(redis.call('HGET', P .. 'depth', 'parked:' .. priority) or '0')

local ahead
local index = redis.call('LPOS', P .. priority, ARGV[2], 'RANK', -1)
if index then
  ahead = ring - 1 - index
else
  local line = P .. 'behind:' .. priority .. ':' .. user
  index = redis.call('LPOS', line, ARGV[2], 'RANK', -1)
  if not index then return false end
  local rounds = redis.call('LLEN', line) - index
  ahead = math.min(ring + parked - 1, rounds * ring)
end

local weights = {}
for _, one in ipairs(settings.priorities) do weights[one[1]] = one[2] end
local others = 0
for _, one in ipairs(settings.priorities) do
  if one[1] ~= priority then
    local depth = redis.call('LLEN', P .. one[1]) + (redis.call('HGET', P .. 'depth', 'parked:' .. one[1]) or 0)
    others = others + math.min(depth, math.floor((ahead + 1) * one[2] / (weights[priority] or 1)))
  end
end
return ahead + others
