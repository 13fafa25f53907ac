-- REPAIR: mend faults that AUDIT found, where they still are.
--
-- keys       the prefix
-- arguments  as AUDIT
-- gives      for each pair what was mended: {what, how much of it is left for the next call}
-- guarantee  Each is looked at again in the step that mends it: a queue at work loses nothing, and what is healthy is not
--            touched. A job found on no list goes to the front of its user's line, or of its priority if the user has
--            nothing on the list; one held by nobody has lost its lease; of an id in several places the first in line
--            stays. A repeat finds nothing.
--#uses queue counters turns caps held endings interrupted recounts misplaced faults

return examine_all(true)
