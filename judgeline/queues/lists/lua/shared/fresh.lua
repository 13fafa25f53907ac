-- Jobs that were enqueued with a delay and have not been in line yet. Field `fresh` of the hash tells them from those
-- that wait for another attempt: "delay" (so long from when it was enqueued) or "date" (not before a time). Their
-- users' share of them is counted, for nobody may fill the queue with what is to come.
local function put_off(id, priority, user, due, kind)
  redis.call('HSET', P .. 'job:' .. id, 'since', now, 'due', due, 'fresh', kind)
  redis.call('ZADD', P .. 'delayed', due, id)
  add('delayed:' .. priority, 1)
  if user ~= '' then add('delayed:' .. priority .. ':' .. user, 1) end
end

-- It waits for its time no more. Gives whether it was such a job.
local function no_longer_fresh(id, priority, user)
  if redis.call('HDEL', P .. 'job:' .. id, 'fresh') == 0 then return false end
  if user ~= '' then add('delayed:' .. priority .. ':' .. user, -1) end
  return true
end
