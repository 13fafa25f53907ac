-- What can become of a job. Each of these leaves the job in exactly one place.
--#uses conclusion
local LOG_BYTES = 8192

-- Keep what became of an attempt, one JSON a line; the oldest lines go when there are too many.
local function log(id, attempt, worker, started, how, reason)
  local key = job_key(id)
  local lines = (redis.call('HGET', key, 'log') or '') .. cjson.encode({
    attempt = tonumber(attempt), worker = worker, started_ms = tonumber(started), ended_ms = now,
    how = how, reason = reason,
  }) .. '\n'
  while #lines > LOG_BYTES do
    lines = string.sub(lines, (string.find(lines, '\n', 1, true)) + 1)
  end
  redis.call('HSET', key, 'log', lines)
end

-- Forget a dead letter. If no store has it yet, its end stays until one has.
local function forget(id)
  if redis.call('ZREM', P .. 'dead', id) == 0 then return false end
  add('bytes:dead', -redis.call('HSTRLEN', job_key(id), 'payload'))
  if redis.call('ZSCORE', P .. 'unrecorded', id) then
    redis.call('HDEL', job_key(id), 'payload', 'checkpoint', 'evidence', 'log')
  else
    redis.call('DEL', job_key(id))
  end
  return true
end

-- Make a dead letter. It keeps its payload (so that it can be put back) and its checkpoint; dead letters are bounded
-- by number and bytes, the oldest go first, and TICK ends those that are too old.
local function bury(id, attempt, reason, evidence)
  local key = job_key(id)
  redis.call('HSET', key, 'state', 'dead', 'finished', now, 'reason', reason, 'evidence', evidence)
  redis.call('HDEL', key, 'progress', 'due', 'since', 'cancelling', 'counted')
  redis.call('ZADD', P .. 'dead', now, id)
  add('bytes:dead', redis.call('HSTRLEN', key, 'payload'))
  conclude(id, 'dead', attempt)
  for _ = 1, 10 do
    local bytes = tonumber(redis.call('HGET', P .. 'depth', 'bytes:dead') or '0')
    local letters = redis.call('ZCARD', P .. 'dead')
    if letters <= 1 or (letters <= settings.max_dead and bytes <= settings.max_queued_bytes) then break end
    forget(redis.call('ZRANGE', P .. 'dead', 0, 0)[1])
  end
end

-- Count a crash ("crashes") or a lost lease ("lost") against a job. Gives how many ms it is to wait now, or nil when it
-- became a dead letter. The first time it need not wait; then it does, for a job that kills its worker again and again
-- would have the innocents beside it blamed.
local function blame(id, how, run, reason, evidence)
  local times = redis.call('HINCRBY', job_key(id), how, 1)
  count(how == 'lost' and 'lost' or 'crashed')
  log(id, run.attempt, run.worker, run.started, how == 'lost' and 'lost' or 'crashed', reason)
  if times >= (how == 'lost' and settings.max_lost or settings.max_crashes) then
    bury(id, run.attempt, reason .. ', ' .. times .. ' times', evidence)
    return nil
  end
  local waits = settings.crash_backoff_ms
  return times > 1 and waits[math.min(times - 1, #waits)] or 0
end

-- Make a waiting job of a dead letter: its failures, crashes and lost leases are forgotten, its attempts are not, for
-- they are the fencing token. The caller puts it on a list. Gives priority and user.
local function revive(id)
  local key = job_key(id)
  local job = redis.call('HMGET', key, 'priority', 'user', 'attempt')
  local bytes = redis.call('HSTRLEN', key, 'payload')
  redis.call('ZREM', P .. 'dead', id)
  redis.call('ZREM', P .. 'unrecorded', id)
  redis.call('HSET', key, 'state', 'queued', 'requeued', now, 'ready', now)
  redis.call('HDEL', key, 'failures', 'crashes', 'lost', 'reason', 'evidence', 'finished', 'worker')
  add('bytes:dead', -bytes)
  add('bytes:' .. job[1], bytes)
  count('requeued')
  publish(id, 'queued', job[3])
  return job[1], job[2] or ''
end

-- Not now: TICK brings it back when it is due.
local function postpone(id, priority, attempt, delay, reason)
  local key = job_key(id)
  redis.call('HSET', key, 'state', 'delayed', 'since', now, 'due', now + delay, 'reason', reason)
  redis.call('HDEL', key, 'progress', 'counted')
  redis.call('ZADD', P .. 'delayed', now + delay, id)
  add('delayed:' .. priority, 1)
  add('bytes:' .. priority, redis.call('HSTRLEN', key, 'payload'))
  publish(id, 'delayed', attempt)
end

-- Back to the front, at once.
local function release(id, priority, user, attempt)
  local key = job_key(id)
  redis.call('HSET', key, 'state', 'queued', 'ready', now)
  redis.call('HDEL', key, 'progress', 'counted')
  return_first(id, priority, user)
  add('bytes:' .. priority, redis.call('HSTRLEN', key, 'payload'))
  publish(id, 'queued', attempt)
end
