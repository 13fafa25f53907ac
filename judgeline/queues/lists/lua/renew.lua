-- RENEW: renew the leases of living workers, and make those of new ones.
--
-- keys       the prefix
-- arguments  settings, workers
-- gives      for each worker {1 or 0: known before or not, {ids it holds}, {those of them whose cancel was asked}}
-- guarantee  A repeat renews again. One that comes when the lease had lapsed is counted, whether TICK was there before
--            it or not.
--#uses queue counters

local answers = {}
for i = 2, #ARGV do
  local worker = ARGV[i]
  local lease = redis.call('ZSCORE', P .. 'workers', worker)
  local known, reaped = lease and 1 or 0, not lease and redis.call('ZREM', P .. 'reaped', worker) == 1
  if reaped or lease and tonumber(lease) <= now then count('renewals_missed') end
  redis.call('ZADD', P .. 'workers', now + settings.lease_ms, worker)
  local held, cancelling = redis.call('LRANGE', P .. 'backup:' .. worker, 0, 99), {}
  for _, id in ipairs(held) do
    if redis.call('HGET', P .. 'job:' .. id, 'cancelling') then cancelling[#cancelling + 1] = id end
  end
  answers[#answers + 1] = { known, held, cancelling }
end
return answers
