-- SETTLE: the store has these ended jobs.
--
-- keys       the prefix
-- arguments  settings, ids
-- gives      how many were waiting for it
-- guarantee  Starts the time to live once; a dead letter stays for as long as dead letters do. A repeat changes nothing.
--#uses queue

local settled = 0
for i = 2, #ARGV do
  local id = ARGV[i]
  if redis.call('ZREM', P .. 'unrecorded', id) == 1 then
    settled = settled + 1
    if not redis.call('ZSCORE', P .. 'dead', id) then
      redis.call('HDEL', P .. 'job:' .. id, 'payload')
      redis.call('PEXPIRE', P .. 'job:' .. id, settings.result_ttl_ms)
    end
  end
end
return settled
