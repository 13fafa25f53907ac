-- SETTLE: the store has these ended jobs.
--
-- keys       the prefix
-- arguments  settings, then for each job: id, attempt and state that were recorded
-- gives      how many were waiting for it
-- guarantee  Starts the time to live once; a dead letter stays for as long as dead letters do. A repeat changes nothing,
--            nor does one who recorded an earlier end: a dead letter that was put back and has ended again meanwhile.
--#uses queue

local settled = 0
for i = 2, #ARGV, 3 do
  local id = ARGV[i]
  local job = redis.call('HMGET', P .. 'job:' .. id, 'attempt', 'state')
  local same = (job[1] or '0') == ARGV[i + 1] and job[2] == ARGV[i + 2]
  if same and redis.call('ZREM', P .. 'unrecorded', id) == 1 then
    settled = settled + 1
    if not redis.call('ZSCORE', P .. 'dead', id) then
      redis.call('HDEL', P .. 'job:' .. id, 'payload')
      redis.call('PEXPIRE', P .. 'job:' .. id, settings.result_ttl_ms)
    end
  end
end
return settled
