-- What may be wrong with one job: where its hash says it is against where its id is. Each check is one step with the
-- mending of it, so it is safe while the queue is at work: what is right by then is left alone.
local HELD_BY = 1000 -- workers that are looked at
local KNOWN = {}
for _, one in ipairs(settings.priorities) do KNOWN[one[1]] = true end

-- How many times an id stands on a list.
local function times_on(list, id)
  return #redis.call('LPOS', list, id, 'COUNT', 0)
end

-- The backup lists an id stands on: of the workers that are known, and of the one its hash names.
local function holders(id, named)
  local found, workers = {}, redis.call('ZRANGE', P .. 'workers', 0, HELD_BY - 1)
  if named ~= '' and not redis.call('ZSCORE', P .. 'workers', named) then workers[#workers + 1] = named end
  for _, worker in ipairs(workers) do
    local times = times_on(P .. 'backup:' .. worker, id)
    if times > 0 then found[#found + 1] = { worker = worker, times = times } end
  end
  return found
end

-- Take an id off the lists of its priority. Gives whether it was there.
local function take_off(id, priority, user)
  local gone = redis.call('LREM', P .. priority, 0, id)
  local parked = user ~= '' and redis.call('LREM', P .. 'behind:' .. place_of(priority, user), 0, id) or 0
  add('parked:' .. priority, -parked)
  if gone > 0 then recount_turns(place_of(priority, user), true) end
  return gone + parked > 0
end

-- Take an id out of the sorted sets but one. Gives the names of those it was in.
local function leave_sets(id, keep, mend)
  local others = {}
  for _, set in ipairs({ 'delayed', 'dead', 'unrecorded' }) do
    if not keep[set] and redis.call('ZSCORE', P .. set, id) then
      others[#others + 1] = set
      if mend then redis.call('ZREM', P .. set, id) end
    end
  end
  return others
end

-- One of a priority that queues.toml does not name, and that nothing is ever claimed from. Who calls it has taken a
-- queued one off its list.
local function rename(id, job, target)
  local old, user = job.priority, job.user
  redis.call('HSET', job_key(id), 'priority', target)
  if job.state == 'running' then return end
  local bytes = redis.call('HSTRLEN', job_key(id), 'payload')
  if old ~= '' then add('bytes:' .. old, -bytes) end
  add('bytes:' .. target, bytes)
  if job.state == 'delayed' then
    if old ~= '' then add('delayed:' .. old, -1) end
    add('delayed:' .. target, 1)
    if redis.call('HEXISTS', job_key(id), 'fresh') == 1 and user ~= '' then
      add('delayed:' .. place_of(old, user), -1)
      add('delayed:' .. place_of(target, user), 1)
    end
  else
    join(id, target, user)
  end
end

local function check_queued(id, job, note, mend)
  local waiting = times_on(P .. job.priority, id)
  local lined = job.user ~= '' and times_on(P .. 'behind:' .. place_of(job.priority, job.user), id) or 0
  local held, all = holders(id, job.worker), waiting + lined
  for _, holder in ipairs(held) do all = all + holder.times end
  if all == 0 then
    note('queued, but on no list')
    if mend then come_back(id, job.priority, job.user) end
  elseif all > 1 then
    note('queued ' .. all .. ' times')
    if not mend then return end
    local left = all - 1 -- of the places, the one that is next in line stays
    for _, holder in ipairs(held) do
      local gone = math.min(left, holder.times)
      redis.call('LREM', P .. 'backup:' .. holder.worker, gone, id)
      left = left - gone
    end
    if left > 0 and lined > 0 then
      local gone = redis.call('LREM', P .. 'behind:' .. place_of(job.priority, job.user), math.min(left, lined), id)
      add('parked:' .. job.priority, -gone)
      left = left - gone
    end
    if left > 0 then redis.call('LREM', P .. job.priority, left, id) end
    if job.user ~= '' then recount_turns(place_of(job.priority, job.user), true) end
  end
end

-- What counts against the bound of a user's running jobs (caps.lua): the ids that were started under it, and run.
local function check_counted(user, id, note, mend)
  local job = redis.call('HMGET', job_key(id), 'state', 'counted', 'user')
  local member = redis.call('SISMEMBER', P .. 'running:' .. user, id) == 1
  local counts = job[1] == 'running' and job[2] and job[3] == user
  if member and not counts then
    note('counted as running: ' .. id)
    if mend then make_way(id, user) end
  elseif counts and not member then
    note('running, and not counted: ' .. id)
    if mend then redis.call('SADD', P .. 'running:' .. user, id) end
  end
end

local function check_running(id, job, note, mend)
  local own, others = 0, {}
  for _, holder in ipairs(holders(id, job.worker)) do
    if holder.worker == job.worker then own = holder.times else others[#others + 1] = holder end
  end
  if #others > 0 or own > 1 then
    note('held by more than its worker')
    if mend then
      for _, holder in ipairs(others) do redis.call('LREM', P .. 'backup:' .. holder.worker, 0, id) end
      if own > 1 then redis.call('LREM', P .. 'backup:' .. job.worker, own - 1, id) end
    end
  end
  if own == 0 then
    note('running, but held by no worker')
    if mend then
      if job.worker == '' then redis.call('HSET', job_key(id), 'worker', job.worker) end
      interrupted(job.worker, id, 'lost', cjson.encode({ worker = job.worker, found_ms = now }))
    end
  elseif job.user ~= '' then
    check_counted(job.user, id, note, mend)
  end
end

local function check_ended(id, job, note, mend)
  local kept = redis.call('ZSCORE', P .. 'unrecorded', id) or redis.call('PTTL', job_key(id)) >= 0
  if job.state == 'dead' then kept = kept or redis.call('ZSCORE', P .. 'dead', id) end
  if kept then return end
  note(job.state == 'dead' and 'dead, but no dead letter' or 'ended, and kept for ever')
  if not mend then return end
  local finished = tonumber(redis.call('HGET', job_key(id), 'finished') or now)
  if job.state == 'dead' then
    redis.call('ZADD', P .. 'dead', finished, id)
    add('bytes:dead', redis.call('HSTRLEN', job_key(id), 'payload'))
  end
  if settings.store then
    redis.call('ZADD', P .. 'unrecorded', finished, id)
  elseif job.state ~= 'dead' then
    redis.call('PEXPIRE', job_key(id), settings.result_ttl_ms)
  end
end

-- Check all that is known of an id; `note` is called with each fault.
local function check_job(id, target, note, mend)
  local fields = redis.call('HMGET', job_key(id), 'state', 'priority', 'user', 'worker', 'due')
  local job = { state = fields[1], priority = fields[2] or '', user = fields[3] or '', worker = fields[4] or '' }
  local over = job.state == 'done' or job.state == 'dead' or job.state == 'cancelled'
  if not job.state then
    for _, set in ipairs(leave_sets(id, {}, mend)) do note('in ' .. set .. ', but no job') end
    if redis.call('EXISTS', job_key(id)) == 1 and redis.call('PTTL', job_key(id)) < 0 then
      note('a hash without a state')
      if mend then redis.call('PEXPIRE', job_key(id), settings.result_ttl_ms) end
    end
    return
  end
  if not over and not KNOWN[job.priority] then
    note('of a priority that queues.toml does not name: ' .. job.priority)
    if not mend then return end
    if job.state == 'queued' and job.priority ~= '' then take_off(id, job.priority, job.user) end
    rename(id, job, target)
    job.priority = target
  end
  local keep = over and { unrecorded = true, dead = job.state == 'dead' } or { delayed = job.state == 'delayed' }
  for _, set in ipairs(leave_sets(id, keep, mend)) do note(job.state .. ', and in ' .. set) end
  if job.state == 'queued' then return check_queued(id, job, note, mend) end
  if KNOWN[job.priority] then
    local on = times_on(P .. job.priority, id) > 0
      or job.user ~= '' and times_on(P .. 'behind:' .. place_of(job.priority, job.user), id) > 0
    if on then
      note(job.state .. ', and waiting, too')
      if mend then take_off(id, job.priority, job.user) end
    end
  end
  if job.state == 'running' then return check_running(id, job, note, mend) end
  for _, holder in ipairs(holders(id, job.worker)) do
    note(job.state .. ', and held by ' .. holder.worker)
    if mend then redis.call('LREM', P .. 'backup:' .. holder.worker, 0, id) end
  end
  if job.state == 'delayed' then
    if not redis.call('ZSCORE', P .. 'delayed', id) then
      note('delayed, but due at no time')
      if mend then redis.call('ZADD', P .. 'delayed', fields[5] or now, id) end
    end
    return
  end
  check_ended(id, job, note, mend)
end
