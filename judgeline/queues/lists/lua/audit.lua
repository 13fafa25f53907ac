-- AUDIT: look for faults: is each id in exactly one place, and each counter right?
--
-- keys       the prefix
-- arguments  settings, the priority that jobs of unknown ones would go to, then pairs of kind and name: "job" and an id;
--            "turns" and <priority>:<user>; "running" and a user; "worker" and its name; "list" and a priority that
--            queues.toml does not name; "line" and <such a priority>:<user>; "depth" and "", or "<mark> <what each field should be, as JSON>";
--            "mark" and "": what changes whenever a job moves
-- gives      for each pair its faults: {what, 0}; of "mark" the mark
-- guarantee  Changes nothing. Each is looked at in one step, so nothing that is in motion is taken for a fault.
--#uses queue counters turns caps held endings interrupted recounts misplaced faults

return examine_all(false)
