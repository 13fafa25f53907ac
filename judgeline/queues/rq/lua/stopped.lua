-- STOPPED: an attempt ended without a FINISH.
--
-- keys       the prefix
-- arguments  settings, id, worker ("" = whichever has it), how ("released": a drain; "crashes": its process died; "lost":
--            nothing was heard of it; "cancelled": an operator stopped it), what is known of it, evidence
-- gives      {state after, ms until its ticket may come again, 1, or 0: another attempt has it}; {"unknown", 0, 1} when
--            there is no such job
-- guarantee  Fenced by worker. A released attempt is unspent. The first crash goes back at once, later ones wait, and
--            the job that keeps crashing is a dead letter. A job that was never begun stays as it is.
--#uses queue counters fresh endings parked

local UNBEGUN_MS = 5000 -- nothing is wrong with the job; whoever took its ticket could not even begin
local id, worker, how, reason, evidence = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local key = job_key(id)
local job = redis.call('HMGET', key, 'state', 'worker', 'attempt', 'priority', 'cancelling', 'started', 'origin', 'user')
local state, attempt, priority = job[1], job[3], job[4]
if not state then return { 'unknown', 0, 1 } end
if state ~= 'running' then -- it was not begun, or its end is in the books and its ticket does not know yet
  return { state, math.max(UNBEGUN_MS, (redis.call('HGET', key, 'due') or 0) - now), 1 }
end
if worker ~= '' and worker ~= job[2] then return { state, 0, 0 } end

local function back()
  redis.call('HSET', key, 'state', 'queued', 'ready', now)
  redis.call('HDEL', key, 'progress', 'worker')
  park(priority, job[8] or '', 1)
  add('bytes:' .. priority, redis.call('HSTRLEN', key, 'payload'))
  publish(id, 'queued', attempt)
  return { 'queued', 0, 1 }
end

observe('run', now - (job[6] or now))
if job[5] or how == 'cancelled' then
  complete(id, 'cancelled', attempt, 'reason', 'cancelled while it ran', job[7])
  return { 'cancelled', 0, 1 }
end
if how == 'released' then
  count('released')
  return back()
end
local wait = blame(id, how, { attempt = attempt, worker = job[2] or '', started = job[6] }, reason, evidence)
if not wait then return { 'dead', 0, 1 } end
if wait == 0 then return back() end
redis.call('HDEL', key, 'worker')
postpone(id, priority, attempt, wait, reason)
return { 'delayed', wait, 1 }
