-- REVIVE: make a dead letter a waiting job; runs in one MULTI with the commands that put a ticket on the RQ queue.
--
-- keys       the prefix
-- arguments  settings, id
-- guarantee  The caller has WATCHed the hash and found it dead. Failures, crashes and lost leases are forgotten;
--            attempts are not, for they are the fencing token.
--#uses queue counters fresh endings parked

local priority, user = revive(ARGV[2])
park(priority, user, 1)
