"""The processes that work the queues: a supervisor and its children, and the recorder.

::

    __main__      python -m workers <queue> | recorder
    pool          puts the parts below together for a queue of engine "lists"
    supervisor    the loop: signals, time limits, drains (drain)
    duties        what the supervisor owes the queue: leases, ticks, dead children's jobs
    brood         the children: born, told, killed, reaped (process, death, restraint, kernel, signals)
    child         takes jobs and has a handler work them (context, interrupts)
    slot, control the memory and the socket that a supervisor and a child share
    handlers      one handler a file, from an allow-list
    recorder      what the queue decided goes into the store
    log           the words for all of it
"""
