-- CLAIM: move the next job into a worker's backup list and start an attempt.
--
-- keys       the prefix
-- arguments  settings, worker, sequence number, the only priority to look at ("" = all)
-- gives      false, or {id, attempt, crashes, failures, priority, user, payload, checkpoint}
-- guarantee  One command moves the element, so it is always on exactly one list. The same sequence number gives the
--            same answer again; a lower one is refused. Makes the worker known, with a lease.
--#uses queue counters turns endings adoption claiming

return claim(ARGV[2], tonumber(ARGV[3]), ARGV[4])
