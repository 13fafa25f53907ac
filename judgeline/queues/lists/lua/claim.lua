-- CLAIM: move the next job into a worker's backup list and start an attempt.
--
-- keys       the prefix
-- arguments  nothing (the settings are in its text), worker, sequence number, the only priority to look at ("" = all)
-- gives      false, or {id, attempt, crashes, failures, priority, user, payload, checkpoint}
-- guarantee  One command moves the element, so it is always on exactly one list. The same sequence number gives the
--            same answer again; a lower one is refused. Makes the worker known, with a lease. No user has more than
--            max_running_per_user jobs running: a head that has to wait for that goes back to its line.
--#uses queue counting places caps conclusion
--#lazy adopt hold_back = turns endings adoption held
--#uses claiming

noted = {}
local claimed = claim(ARGV[2], tonumber(ARGV[3]), ARGV[4], true)
write_noted()
return claimed
