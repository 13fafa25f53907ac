-- How an attempt ends that is not done.
local function otherwise(key, id, attempt, job, ending)
  local priority, user, kind, reason = job[4], job[5] or '', ending.kind, ending.reason
  if kind == 'cancelled' or (job[6] and kind ~= 'dead') then
    complete(id, 'cancelled', attempt, 'reason', reason ~= '' and reason or 'cancelled while it ran', job[7])
  elseif kind == 'release' then
    count('released')
    release(id, priority, user, attempt)
  else
    log(id, attempt, job[2], job[8], kind == 'retry' and 'failed' or 'gave up', reason)
    if kind == 'retry' and redis.call('HINCRBY', key, 'failures', 1) < settings.max_attempts then
      count('retried')
      postpone(id, priority, attempt, ending.delay, reason)
    else
      bury(id, attempt, reason, ending.evidence)
    end
  end
end
