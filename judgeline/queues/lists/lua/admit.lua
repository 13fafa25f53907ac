-- ADMIT: would a job be let in now?
--
-- keys       the prefix
-- arguments  settings, priority, user, bytes of the payload, "1" if it was admitted before, else ""
-- gives      false, or {bound, jobs waiting below it, jobs ended in the last minute}
-- guarantee  Changes nothing. Refused, as ENQUEUE is, by a server at its memory's end: that is an answer, too.
--#uses queue counters room

local bound, waiting = lacking_room(ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1')
return bound and { bound, waiting, drained_in_a_minute() }
