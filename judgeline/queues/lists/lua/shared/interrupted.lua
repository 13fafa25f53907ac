-- An attempt whose worker is gone: `how` is "crashes" (its supervisor saw the child die) or "lost" (its lease lapsed).
-- The first time the job goes back to the front at once; then it waits, for a job that kills its worker again and
-- again would have the innocents beside it blamed; at the limit it is a dead letter. A job whose cancel was asked is
-- cancelled: killing the child is how a cancel is obeyed.
--
-- Takes the job off the worker's backup list and gives its state after.
local LOST_LIMIT = 10 -- a lost lease is rarely the job's fault, but no job may go round for ever

local function interrupted(worker, id, how, evidence)
  local key = job_key(id)
  local job = redis.call('HMGET', key, 'state', 'worker', 'attempt', 'priority', 'user', 'cancelling', 'started', 'origin')
  local state, attempt, priority, user = job[1], job[3], job[4], job[5] or ''
  redis.call('LREM', P .. 'backup:' .. worker, 1, id)
  if state == 'queued' then
    -- It was taken, but never started: its turn and its bytes still count.
    redis.call('RPUSH', P .. priority, id)
    wake(priority)
    return 'queued'
  end
  if state ~= 'running' or job[2] ~= worker then return state or 'dead' end

  local times = redis.call('HINCRBY', key, how, 1)
  count(how == 'lost' and 'lost' or 'crashed')
  local reason = how == 'lost' and 'the lease of its worker lapsed' or 'its worker died'
  log(id, attempt, worker, job[7], how == 'lost' and 'lost' or 'crashed', reason)
  redis.call('HDEL', key, 'worker') -- so that a late FINISH is no repeat of an accepted one
  if job[6] then
    complete(id, 'cancelled', attempt, 'reason', 'cancelled while it ran', job[8])
    return 'cancelled'
  end
  if times >= (how == 'lost' and math.max(LOST_LIMIT, settings.max_crashes) or settings.max_crashes) then
    bury(id, attempt, reason .. ', ' .. times .. ' times', evidence)
    return 'dead'
  end
  local waits = settings.crash_backoff_ms
  if times == 1 or #waits == 0 then
    release(id, priority, user, attempt)
    return 'queued'
  end
  postpone(id, priority, attempt, waits[math.min(times - 1, #waits)], reason)
  return 'delayed'
end

local function forget_worker(worker)
  redis.call('ZREM', P .. 'workers', worker)
  redis.call('HDEL', P .. 'sequences', worker)
end
