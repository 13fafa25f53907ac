-- FINISH: end an attempt, and claim the next job if the worker asks for it.
--
-- keys       the prefix
-- arguments  settings, worker, id, attempt, kind (done, retry, dead, release, cancelled), result, reason, evidence,
--            delay of a retry in ms, next sequence number ("" = no claim), the only priority to look at ("" = all)
-- gives      {1 or 0: accepted or not, false or a claim as CLAIM gives it}
-- guarantee  Only the worker that holds the attempt can end it, once. Result, acknowledgement, event and the note
--            for the recorder are one step. A repeat of an accepted FINISH is accepted and changes nothing.
--#uses queue counters turns endings adoption claiming

local worker, id, attempt, kind = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local result, reason, evidence, delay = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])

local function finish()
  local key = job_key(id)
  local job = redis.call('HMGET', key, 'state', 'worker', 'attempt', 'priority', 'user', 'cancelling', 'origin', 'started')
  local ours = job[2] == worker and job[3] == attempt
  if ours and job[1] ~= 'running' then return 1 end
  if not ours then
    count('refused')
    return 0
  end
  local priority, user = job[4], job[5] or ''
  redis.call('LREM', P .. 'backup:' .. worker, 1, id)
  if kind == 'done' then
    complete(id, 'done', attempt, 'result', result, job[7])
  elseif kind == 'cancelled' or (job[6] and kind ~= 'dead') then
    complete(id, 'cancelled', attempt, 'reason', reason ~= '' and reason or 'cancelled while it ran', job[7])
  elseif kind == 'release' then
    count('released')
    release(id, priority, user, attempt)
  else
    log(id, attempt, worker, job[8], kind == 'retry' and 'failed' or 'gave up', reason)
    if kind == 'retry' and redis.call('HINCRBY', key, 'failures', 1) < settings.max_attempts then
      count('retried')
      postpone(id, priority, attempt, delay, reason)
    else
      bury(id, attempt, reason, evidence)
    end
  end
  return 1
end

local accepted = finish()
if ARGV[10] == '' then return { accepted, false } end
return { accepted, claim(worker, tonumber(ARGV[10]), ARGV[11]) }
