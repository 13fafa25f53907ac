-- Taking the next job. Used by CLAIM, and by FINISH for a worker that asks for more in the same breath.
-- At most so much of what is no job is cleared away in one call: to look through a byte of it costs up to 0.1 us.
local ELEMENTS, ELEMENT_BYTES = 100, 4194304

-- Smooth weighted round robin (as nginx does it): each priority with work earns its weight, the richest is served and
-- pays what all earned. Gives the choice, or nil; credits are written only when a job was really taken.
local function choose(only)
  local paused = {}
  for _, name in ipairs(redis.call('SMEMBERS', P .. 'paused')) do paused[name] = true end
  local able, names = {}, {}
  for _, priority in ipairs(settings.priorities) do
    local name = priority[1]
    if not paused[name] and (only == '' or only == name) then
      local length = redis.call('LLEN', P .. name)
      if length > 0 then
        able[#able + 1] = { name = name, weight = priority[2], length = length }
        names[#names + 1] = name
      end
    end
  end
  if #able == 0 then return nil end
  if #able == 1 then return { best = able[1], able = able } end
  local credits = redis.call('HMGET', P .. 'credits', unpack(names))
  local total, best = 0, nil
  for i, one in ipairs(able) do
    one.credit = (credits[i] or 0) + one.weight
    total = total + one.weight
    if not best or one.credit > best.credit then best = one end
  end
  best.credit = best.credit - total
  return { best = best, able = able }
end

local function pay(choice)
  if #choice.able == 1 then return end
  local fields = {}
  for _, one in ipairs(choice.able) do
    fields[#fields + 1] = one.name
    fields[#fields + 1] = one.credit
  end
  redis.call('HSET', P .. 'credits', unpack(fields))
end

-- There is more on the lists than we take: let one more worker look.
local function wake_next(choice)
  for _, one in ipairs(choice.able) do
    if one.length > 0 then wake(one.name) end
  end
end

-- Take the next job into the worker's backup list; false when none may be taken. A worker holds one job at a time, so
-- what it holds already is the answer to a repeat, whatever its number.
--
-- Sequence number, lease, LMOVE, hash: in this order a script that stops half-way leaves no element without a place,
-- no backup list without a lease (TICK empties it) and no job counted that is not held (the next claim starts it).
local function claim(worker, sequence, only)
  local backup = P .. 'backup:' .. worker
  local last = tonumber(redis.call('HGET', P .. 'sequences', worker) or '-1')
  if sequence < last then return false end
  local element = redis.call('LINDEX', backup, 0)
  if sequence == last and not element then return false end
  if sequence > last then redis.call('HSET', P .. 'sequences', worker, sequence) end
  redis.call('ZADD', P .. 'workers', now + settings.lease_ms, worker)

  local cleared, bytes = 0, 0
  while cleared < ELEMENTS and bytes < ELEMENT_BYTES do
    local choice
    if not element then
      choice = choose(only)
      if not choice then return false end
      element = redis.call('LMOVE', P .. choice.best.name, backup, 'RIGHT', 'LEFT')
      choice.best.length = choice.best.length - 1
    end
    local id = element
    local job = redis.call('HMGET', job_key(id),
      'state', 'worker', 'attempt', 'priority', 'user', 'payload', 'crashes', 'failures', 'checkpoint')
    local state = job[1]
    if not state then
      local list = choice and choice.best.name or settings.priorities[1][1]
      id = adopt(element, list)
      if id then
        redis.call('LPUSH', backup, id)
        job = { 'queued', false, false, list, false, redis.call('HGET', job_key(id), 'payload') }
        state = 'queued'
        add('bytes:' .. list, #job[6])
      end
    end
    if id ~= element then redis.call('LREM', backup, 1, element) end

    local attempt, priority, user, payload = tonumber(job[3] or '0'), job[4], job[5] or '', job[6] or ''
    local mine = state == 'running' and job[2] == worker
    if state == 'queued' then
      attempt = attempt + 1
      redis.call('HSET', job_key(id), 'state', 'running', 'worker', worker, 'attempt', attempt, 'started', now)
      add('bytes:' .. priority, -#payload)
      local grew = pass_turn(priority, user)
      if choice then
        if grew and priority == choice.best.name then choice.best.length = choice.best.length + 1 end
        pay(choice)
        wake_next(choice)
      end
      publish(id, 'running', attempt)
    end
    if state == 'queued' or mine then
      return {
        id, attempt, tonumber(job[7] or '0'), tonumber(job[8] or '0'), priority, user, payload, job[9] or '',
      }
    end
    -- Adopted no job, or an id whose job is elsewhere or over (somebody pushed it again): nothing to do for it.
    if id == element then redis.call('LREM', backup, 1, element) end
    cleared, bytes = cleared + 1, bytes + #element
    element = nil
  end
  for _, priority in ipairs(settings.priorities) do wake(priority[1]) end
  return false
end
