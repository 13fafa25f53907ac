-- KEEP: a progress note or a checkpoint of a running attempt.
--
-- keys       the prefix
-- arguments  settings, worker, id, attempt, field ("progress" or "checkpoint"), value
-- gives      1, or 0 when the attempt is not the worker's any more or its cancel was asked
-- guarantee  Fenced by worker and attempt. A progress note is published, too. A repeat writes the same again.
--#uses queue

local worker, id, attempt, field, value = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local key = P .. 'job:' .. id
local job = redis.call('HMGET', key, 'state', 'worker', 'attempt', 'cancelling')
if job[1] ~= 'running' or job[2] ~= worker or job[3] ~= attempt then return 0 end
redis.call('HSET', key, field, value)
if field == 'progress' then
  redis.call('SPUBLISH', P .. 'events:' .. id,
    '{"state":"running","attempt":' .. attempt .. ',"progress":' .. value .. '}')
end
return job[4] and 0 or 1
