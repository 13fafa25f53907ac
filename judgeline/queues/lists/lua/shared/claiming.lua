-- Taking the next job. Used by CLAIM, and by FINISH for a worker that asks for more in the same breath.
-- At most so much of what is no job is cleared away in one call: to look through a byte of it costs up to 0.1 us.
local ELEMENTS, ELEMENT_BYTES = 100, 4194304

-- Smooth weighted round robin (as nginx does it): each priority with work earns its weight, the richest is served and
-- pays what all earned. One without work starts anew: what it owed would have its next job wait for a share that nobody
-- was there to take. Gives the choice, or nil, all that have work, each with its `length`, and the command that writes
-- the credits, if any has to: it is called only when a job was really taken.
local function choose(only)
  local paused = redis.call('SMEMBERS', P .. 'paused')
  local able, names, idle = {}, {}, {}
  for i = 1, #settings.priorities do
    local priority = settings.priorities[i]
    local name = priority[1]
    local length = 0
    if only == '' or only == name then length = redis.call('LLEN', P .. name) end
    for j = 1, #paused do
      if paused[j] == name then length = 0 end
    end
    if length > 0 then
      priority.length = length
      able[#able + 1] = priority
      names[#names + 1] = name
    else
      idle[#idle + 1] = name
    end
  end
  local ables = #able
  if ables == 0 then return nil end
  if ables == 1 then
    local anew = only == '' and redis.call('EXISTS', P .. 'credits') == 1
    return able[1], able, anew and { 'DEL', P .. 'credits' }
  end
  for i = 1, #idle do names[ables + i] = idle[i] end
  local credits, sum, total, best = redis.call('HMGET', P .. 'credits', unpack(names)), 0, 0, nil
  for i = 1, ables do sum = sum + (credits[i] or 0) end
  local surplus = math.floor(sum / ables) -- 0, unless one that had a part in it is idle now
  local due = { 'HSET', P .. 'credits' }
  for i = 1, ables do
    local one = able[i]
    local credit = (credits[i] or 0) - surplus + one[2]
    total = total + one[2]
    due[2 * i + 1], due[2 * i + 2] = one[1], credit
    if not best or credit > due[2 * best + 2] then best = i end
  end
  due[2 * best + 2] = due[2 * best + 2] - total
  for i = 1, #idle do
    if (credits[ables + i] or '0') ~= '0' then
      due[#due + 1] = idle[i]
      due[#due + 1] = 0
    end
  end
  return able[best], able, due
end

-- Start an attempt of a job that the worker's backup list has. Gives whether its list grew by the user's next one.
local function start(id, worker, job)
  local priority, user, attempt = job[4], job[5] or '', (job[3] or 0) + 1
  redis.call('HSET', job_key(id), 'state', 'running', 'worker', worker, 'attempt', attempt, 'started', now)
  if user ~= '' and settings.max_running_per_user > 0 then
    redis.call('HSET', job_key(id), 'counted', 1)
    redis.call('SADD', P .. 'running:' .. user, id)
  end
  job[3] = attempt
  observe('wait:' .. priority, now - (job[11] or job[10] or now))
  add('bytes:' .. priority, -#(job[6] or ''))
  publish(id, 'running', attempt)
  return pass_turn(priority, user)
end

-- What CLAIM gives of a job.
local function claimed(id, job)
  return {
    id, tonumber(job[3]), tonumber(job[7] or '0'), tonumber(job[8] or '0'), job[4], job[5] or '', job[6] or '',
    job[9] or '',
  }
end

-- Take the next job into the worker's backup list; false when none may be taken. A worker holds one job at a time, so
-- what it holds already is the answer to a repeat, whatever its number. `waited`: it may have taken a wake marker.
--
-- Sequence number, lease, LMOVE, hash: in this order a script that stops half-way leaves no element without a place,
-- no backup list without a lease (TICK empties it) and no job counted that is not held (the next claim starts it).
local function claim(worker, sequence, only, waited)
  local backup = P .. 'backup:' .. worker
  local last = tonumber(redis.call('HGET', P .. 'sequences', worker) or '-1')
  if sequence < last then return false end
  local element = redis.call('LINDEX', backup, 0)
  if sequence == last and not element then return false end
  if sequence > last then redis.call('HSET', P .. 'sequences', worker, sequence) end
  local lease = redis.call('ZSCORE', P .. 'workers', worker)
  if not lease or lease - now < settings.lease_ms / 2 then
    redis.call('ZADD', P .. 'workers', now + settings.lease_ms, worker)
  end

  local cleared, bytes = 0, 0
  while cleared < ELEMENTS and bytes < ELEMENT_BYTES do
    local best, able, due
    if not element then
      best, able, due = choose(only)
      if not best then return false end
      element = redis.call('LMOVE', P .. best[1], backup, 'RIGHT', 'LEFT')
      best.length = best.length - 1
    end
    local id = element
    local job = redis.call('HMGET', job_key(id),
      'state', 'worker', 'attempt', 'priority', 'user', 'payload', 'crashes', 'failures', 'checkpoint',
      'enqueued', 'ready')
    local state = job[1]
    if not state then
      local list = best and best[1] or settings.priorities[1][1]
      id = rarely('adopt', element, list)
      if id then
        redis.call('LPUSH', backup, id)
        job = { 'queued', false, false, list, false, redis.call('HGET', job_key(id), 'payload') }
        state = 'queued'
        add('bytes:' .. list, #job[6])
      end
    end
    if id ~= element then redis.call('LREM', backup, 1, element) end

    local priority, user = job[4], job[5] or ''
    if state == 'running' and job[2] == worker then return claimed(id, job) end
    if state == 'queued' and not at_cap(user) then
      local grew = start(id, worker, job)
      if best then
        if grew and priority == best[1] then best.length = best.length + 1 end
        if due then redis.call(unpack(due)) end
        -- There is more on the lists than we take: let one more worker look. Those who wait need it of each other
        -- alone: who took a marker is to set it again, and a worker that comes with a FINISH took none.
        for i = 1, waited and #able or 0 do
          if able[i].length > 0 then wake(able[i][1]) end
        end
      end
      return claimed(id, job)
    end
    if state == 'queued' then
      rarely('hold_back', backup, priority, user)
    elseif id == element then
      -- Adopted no job, or an id whose job is elsewhere or over (somebody pushed it again): nothing to do for it.
      redis.call('LREM', backup, 1, element)
    end
    cleared, bytes = cleared + 1, bytes + #element
    element = nil
  end
  for _, priority in ipairs(settings.priorities) do wake(priority[1]) end
  return false
end
