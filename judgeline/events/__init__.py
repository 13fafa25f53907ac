"""Hearing what happens to jobs: one subscription a channel, however many wait for it.

Engines publish an ``Event`` on a job's channel (sharded pub/sub) in the same script that changes the job.
``EventListener`` hands those events to the threads of this process::

    with listener.watch(engine.channel(job_id)) as watch:
        job = engine.look(job_id)      # after the subscription is confirmed, so nothing falls between
        ...
        happening = watch.wait(0.5)    # Event, Wake or None when the time ran out

An event is a hint, the job is the truth: pub/sub keeps nothing for those who were away. So whoever watches
reads the job after the subscription is confirmed, again after every ``Wake`` (the connection was lost and is
back), and once a second besides.

``watch`` is what a waiting thread holds, ``board`` who watches what, ``subscriber`` the thread that listens,
``listener`` holds them together.
"""

from judgeline.events.listener import EventListener
from judgeline.events.watch import Wake, Watch

__all__ = ["EventListener", "Wake", "Watch"]
