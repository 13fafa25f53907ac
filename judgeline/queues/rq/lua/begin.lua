-- BEGIN: start an attempt of the job whose ticket a worker got.
--
-- keys       the prefix
-- arguments  settings, id, worker (a name no other attempt has), whom to take it from ("" = nobody)
-- gives      {"begun", attempt, crashes, failures, priority, user, payload, checkpoint}, or {state, its worker}, or
--            {"unknown", ""}
-- guarantee  Only a job that waits is begun, and one whose attempt the caller knows to have vanished, which is fenced
--            off by it. A repeat gives the same answer.
--#uses queue counters fresh endings parked

local id, worker, vanished = ARGV[2], ARGV[3], ARGV[4]
local key = job_key(id)
local job = redis.call('HMGET', key, 'state', 'attempt', 'priority', 'user', 'worker', 'cancelling', 'started', 'origin',
  'enqueued', 'ready', 'due')
local state, attempt, priority = job[1], tonumber(job[2] or '0'), job[3]

local function content()
  local rest = redis.call('HMGET', key, 'crashes', 'failures', 'payload', 'checkpoint')
  return {
    'begun', attempt, tonumber(rest[1] or '0'), tonumber(rest[2] or '0'), priority, job[4] or '',
    rest[3] or '', rest[4] or '',
  }
end

for _, old in ipairs(redis.call('ZRANGE', P .. 'dead', '-inf', now - settings.dead_ttl_ms, 'BYSCORE', 'LIMIT', 0, 10)) do
  if old ~= id then forget(old) end
end

if not state then return { 'unknown', '' } end
if state == 'running' then
  local holder = job[5] or ''
  if holder == worker then return content() end
  if holder ~= vanished then return { state, holder } end
  if job[6] then
    complete(id, 'cancelled', attempt, 'reason', 'cancelled while it ran', job[8])
    return { 'cancelled', '' }
  end
  local run = { attempt = attempt, worker = holder, started = job[7] }
  observe('run', now - (job[7] or now))
  if not blame(id, 'lost', run, 'its worker vanished', '') then return { 'dead', '' } end
elseif state == 'queued' or state == 'delayed' then
  unpark(id, state, priority, job[4] or '')
  observe('wait:' .. priority, math.max(0, now - (state == 'delayed' and job[11] or job[10] or job[9] or now)))
else
  return { state, '' }
end
attempt = attempt + 1
redis.call('HSET', key, 'state', 'running', 'worker', worker, 'attempt', attempt, 'started', now)
redis.call('HDEL', key, 'due', 'since', 'reason')
publish(id, 'running', attempt)
return content()
