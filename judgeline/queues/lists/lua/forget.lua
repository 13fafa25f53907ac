-- FORGET: drop a dead letter for good.
--
-- keys       the prefix
-- arguments  settings, id
-- gives      1, or 0 when it is no dead letter
-- guarantee  If no store has its end yet, that is kept until one has; payload and evidence go.
--#uses queue counters endings

return forget(ARGV[2]) and 1 or 0
