"""The job queue: an engine-independent interface, and its engines.

``options`` says what a queue is, ``job`` what travels on it, ``engine`` what an engine offers, ``handler``
what a worker calls. ``lists`` is the engine of our own, ``rq`` runs a queue on RQ, ``memory`` is in-process.
"""
