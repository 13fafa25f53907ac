-- EPOCH: set the marker whose absence says that the server was emptied.
--
-- keys       the prefix
-- arguments  settings, a token of the caller's
-- gives      1 when it was missing, else 0
-- guarantee  A repeat with the same token gives the same answer.
--#uses queue

redis.call('SET', P .. 'epoch', ARGV[2], 'NX')
return redis.call('GET', P .. 'epoch') == ARGV[2] and 1 or 0
