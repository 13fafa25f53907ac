-- RENEW: renew the leases of living workers, and make those of new ones.
--
-- keys       the prefix
-- arguments  settings, workers
-- gives      for each worker {1 or 0: known before or not, {ids it holds}, {those of them whose cancel was asked}}
-- guarantee  A repeat renews again.
--#uses queue

local answers = {}
for i = 2, #ARGV do
  local worker = ARGV[i]
  local known = redis.call('ZSCORE', P .. 'workers', worker) and 1 or 0
  redis.call('ZADD', P .. 'workers', now + settings.lease_ms, worker)
  local held, cancelling = redis.call('LRANGE', P .. 'backup:' .. worker, 0, 99), {}
  for _, id in ipairs(held) do
    if redis.call('HGET', P .. 'job:' .. id, 'cancelling') then cancelling[#cancelling + 1] = id end
  end
  answers[#answers + 1] = { known, held, cancelling }
end
return answers
