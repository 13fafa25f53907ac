-- TICK: what time alone moves. Called by every supervisor once a second; no lock is needed.
--
-- keys       the prefix
-- arguments  settings
-- gives      {jobs taken from lapsed workers, jobs promoted, of those taken now dead letters, elements adopted since the
--             tick before}
-- guarantee  Each move is one step within this script, so two ticks at once do it once. At most 100 items each.
--#uses queue counters turns caps held fresh endings interrupted

local ITEMS, LAPSED, JUMPED, REAPED, STRAYS = 100, 20, 10, 100, 10
local reaped, promoted, dead = 0, 0, 0

-- Workers whose lease lapsed: empty their backup lists and forget them.
for _, worker in ipairs(redis.call('ZRANGE', P .. 'workers', '-inf', now, 'BYSCORE', 'LIMIT', 0, LAPSED)) do
  for _, id in ipairs(redis.call('LRANGE', P .. 'backup:' .. worker, 0, ITEMS - reaped - 1)) do
    local evidence = cjson.encode({ worker = worker, lapsed_ms = now })
    if interrupted(worker, id, 'lost', evidence) == 'dead' then dead = dead + 1 end
    reaped = reaped + 1
  end
  if redis.call('EXISTS', P .. 'backup:' .. worker) == 0 then
    forget_worker(worker)
    count('reaped')
    redis.call('ZADD', P .. 'reaped', now, worker)
    redis.call('ZREMRANGEBYRANK', P .. 'reaped', 0, -1 - REAPED)
  end
  if reaped >= ITEMS then break end
end

-- A lease further off than any we give: the clock was set back. Without this its worker could not be found dead.
local too_far = string.format('(%.0f', now + 2 * settings.lease_ms)
for _, worker in ipairs(redis.call('ZRANGE', P .. 'workers', too_far, '+inf', 'BYSCORE', 'LIMIT', 0, ITEMS)) do
  redis.call('ZADD', P .. 'workers', now + settings.lease_ms, worker)
end

-- Delayed jobs put off in what is now the future wait their delay again, from now; a date stays that date. The last due
-- come first; as those may be due in a month and right, the others are looked at in turns.
local function look_again(ids)
  for _, id in ipairs(ids) do
    local times = redis.call('HMGET', job_key(id), 'since', 'due', 'fresh')
    if times[1] and tonumber(times[1]) > now + 1000 then
      local due = times[3] == 'date' and times[2] or now + (times[2] - times[1])
      redis.call('HSET', job_key(id), 'since', now, 'due', due)
      redis.call('ZADD', P .. 'delayed', due, id)
    end
  end
end
local waiting = redis.call('ZCARD', P .. 'delayed')
if waiting > 0 then look_again(redis.call('ZRANGE', P .. 'delayed', 0, JUMPED - 1, 'REV')) end
if waiting > JUMPED then
  local pages = math.ceil(waiting / (ITEMS - JUMPED))
  local from = redis.call('HINCRBY', P .. 'totals', 'looked', 1) % pages * (ITEMS - JUMPED)
  look_again(redis.call('ZRANGE', P .. 'delayed', from, from + ITEMS - JUMPED - 1))
end

-- Delayed jobs that are due.
for _, id in ipairs(redis.call('ZRANGE', P .. 'delayed', '-inf', now, 'BYSCORE', 'LIMIT', 0, ITEMS)) do
  redis.call('ZREM', P .. 'delayed', id)
  local job = redis.call('HMGET', job_key(id), 'state', 'priority', 'user', 'attempt', 'since', 'due')
  if job[1] == 'delayed' then
    local ready = math.min(now, math.max(job[5] or now, job[6] or now))
    redis.call('HSET', job_key(id), 'state', 'queued', 'ready', ready)
    redis.call('HDEL', job_key(id), 'due', 'since')
    add('delayed:' .. job[2], -1)
    if no_longer_fresh(id, job[2], job[3] or '') then
      join(id, job[2], job[3] or '')
    else
      come_back(id, job[2], job[3] or '')
    end
    publish(id, 'queued', job[4])
    promoted = promoted + 1
  end
end

-- Dead letters nobody wanted.
local old = now - settings.dead_ttl_ms
for _, id in ipairs(redis.call('ZRANGE', P .. 'dead', '-inf', old, 'BYSCORE', 'LIMIT', 0, ITEMS)) do
  forget(id)
end

-- Look at lines that are held back: the bound may have been changed, or what is counted may be gone.
for _, place in ipairs(redis.call('ZRANGE', P .. 'capped', 0, ITEMS - 1)) do
  local priority, user = string.match(place, '^([^:]*):(.*)$')
  local running = P .. 'running:' .. user
  for _, id in ipairs(redis.call('SRANDMEMBER', running, STRAYS)) do
    if redis.call('HGET', P .. 'job:' .. id, 'state') ~= 'running' then redis.call('SREM', running, id) end
  end
  if at_cap(user) then
    redis.call('ZADD', P .. 'capped', now, place) -- so that the next look begins with others
  else
    let_in(priority, user)
  end
end

-- What was LPUSHed by hand wakes nobody, and a marker may have died with its taker.
for _, priority in ipairs(settings.priorities) do
  if redis.call('LLEN', P .. priority[1]) > 0 then wake(priority[1]) end
end

-- Adoption happens where elements are taken; here it is only told, once.
local adopted, told = unpack(redis.call('HMGET', P .. 'totals', 'adopted', 'told'))
if adopted ~= told then redis.call('HSET', P .. 'totals', 'told', adopted) end
return { reaped, promoted, dead, (adopted or 0) - (told or 0) }
