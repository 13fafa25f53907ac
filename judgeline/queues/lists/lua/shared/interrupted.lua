-- Where the job of an attempt goes whose worker is gone; gives its state after. `how` is "crashes" (its supervisor saw the
-- child die), "lost" (its lease lapsed) or "released" (the child left, or was killed for another reason than this job:
-- nothing is counted against it). A job whose cancel was asked is cancelled: killing the child is how a cancel is obeyed.
local function dispose(id, worker, how, evidence, job)
  local key = job_key(id)
  local attempt, priority, user = job[3], job[4], job[5] or ''
  redis.call('HDEL', key, 'worker') -- so that a late FINISH is no repeat of an accepted one
  if job[6] then
    complete(id, 'cancelled', attempt, 'reason', 'cancelled while it ran', job[8])
    return 'cancelled'
  end
  if how == 'released' then
    count('released')
    release(id, priority, user, attempt)
    return 'queued'
  end

  local reason = how == 'lost' and 'the lease of its worker lapsed' or 'its worker died'
  local wait = blame(id, how, { attempt = attempt, worker = worker, started = job[7] }, reason, evidence)
  if not wait then return 'dead' end
  if wait == 0 then
    release(id, priority, user, attempt)
    return 'queued'
  end
  postpone(id, priority, attempt, wait, reason)
  return 'delayed'
end

-- An attempt whose worker is gone. Takes the job off the worker's backup list and gives its state after.
local function interrupted(worker, id, how, evidence)
  local key = job_key(id)
  local job = redis.call('HMGET', key, 'state', 'worker', 'attempt', 'priority', 'user', 'cancelling', 'started', 'origin',
    'counted')
  local state, priority, user = job[1], job[4], job[5] or ''
  redis.call('LREM', P .. 'backup:' .. worker, 1, id)
  if state == 'queued' then
    -- It was taken, but never started: its turn and its bytes still count.
    redis.call('RPUSH', P .. priority, id)
    wake(priority)
    return 'queued'
  end
  if state ~= 'running' or job[2] ~= worker then return state or 'dead' end
  local after = dispose(id, worker, how, evidence, job)
  observe('run', now - (job[7] or now))
  if job[9] then make_way(id, user) end
  return after
end

local function forget_worker(worker)
  redis.call('ZREM', P .. 'workers', worker)
  redis.call('HDEL', P .. 'sequences', worker)
end
