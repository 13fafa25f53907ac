-- How a job ends.
local function job_key(id)
  return P .. 'job:' .. id
end

local function publish(id, state, attempt)
  redis.call('SPUBLISH', P .. 'events:' .. id, '{"state":"' .. state .. '","attempt":' .. (attempt or 0) .. '}')
end

-- The job has ended: the store is to record it, or, without a store, its time to live starts.
local function conclude(id, state, attempt)
  if settings.store then
    redis.call('ZADD', P .. 'unrecorded', now, id)
  elseif state ~= 'dead' then
    redis.call('PEXPIRE', job_key(id), settings.result_ttl_ms)
  end
  count(state)
  count_in_slot(P .. 'drained', 1)
  publish(id, state, attempt)
end

-- Done or cancelled. A job by hand or of a schedule keeps its payload until the store has it: nobody else knows what it
-- was.
local function complete(id, state, attempt, field, value, origin)
  local key = job_key(id)
  redis.call('HSET', key, 'state', state, 'finished', now, field, value)
  if origin and settings.store then
    redis.call('HDEL', key, 'checkpoint', 'progress', 'evidence', 'log', 'due', 'since', 'cancelling', 'counted')
  else
    redis.call('HDEL', key, 'payload', 'checkpoint', 'progress', 'evidence', 'log', 'due', 'since', 'cancelling',
      'counted')
  end
  conclude(id, state, attempt)
end
