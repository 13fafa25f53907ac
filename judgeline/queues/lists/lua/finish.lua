-- FINISH: end an attempt, and claim the next job if the worker asks for it.
--
-- keys       the prefix
-- arguments  nothing (the settings are in its text), worker, id, attempt, kind (done, retry, dead, release, cancelled),
--            result, reason, evidence, delay of a retry in ms, next sequence number ("" = no claim), the only priority
--            to look at ("" = all)
-- gives      {1 or 0: accepted or not, false or a claim as CLAIM gives it}
-- guarantee  Only the worker that holds the attempt can end it, once. Result, acknowledgement, event and the note
--            for the recorder are one step. A repeat of an accepted FINISH changes nothing, and is accepted again
--            for as long as nobody has claimed the job anew.
--#uses queue counting places caps conclusion
--#lazy adopt hold_back make_way otherwise = turns endings adoption held otherwise
--#uses claiming

local worker, id, attempt, kind = ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local function finish()
  local key = job_key(id)
  local job = redis.call('HMGET', key, 'state', 'worker', 'attempt', 'priority', 'user', 'cancelling', 'origin', 'started',
    'counted')
  local ours = job[2] == worker and job[3] == attempt
  if ours and job[1] ~= 'running' then return 1 end
  if not ours then
    count('refused')
    return 0
  end
  redis.call('LREM', P .. 'backup:' .. worker, 1, id)
  observe('run', now - (job[8] or now))
  if kind == 'done' then
    complete(id, 'done', attempt, 'result', ARGV[6], job[7])
  else
    local ending = { kind = kind, reason = ARGV[7], evidence = ARGV[8], delay = tonumber(ARGV[9]) }
    rarely('otherwise', key, id, attempt, job, ending)
  end
  if job[9] then rarely('make_way', id, job[5] or '') end
  return 1
end

noted = {}
local accepted = finish()
local claimed = ARGV[10] ~= '' and claim(worker, tonumber(ARGV[10]), ARGV[11], false)
write_noted()
return { accepted, claimed }
