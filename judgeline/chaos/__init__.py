"""Trouble on purpose: what shows that nothing is lost when things break.

``proxy`` stands between clients and a server and drops, delays, holds or cuts what passes.

``judgeline chaos`` breaks a whole system of its own (docs/chaos.md)::

    plan, options    what is to happen, all of it from one seed
    director         a run: house, server, fleet, producer; faults does what the plan says
    house            the folder it lives in, and what its processes are told
    server, fleet    the processes: Redis; supervisors and recorder, each behind a proxy (processes)
    producer         submits as the API does
    attempts         evidence: what was executed, by the handlers' own log
    history          evidence: accepted FINISHes, by the server's append-only file
    records          evidence: recorded results, by a trigger in the database
    remains          what is left on the queue
    findings, report what all of it comes to
"""
