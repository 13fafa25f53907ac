"""The queue beside its peers: ``python -m bench.queues``, 15 minutes, with ``--quick`` three.

``peers/`` has a small file a system, ``contender`` asks each what it is, ``arena`` starts server, workers and
clients for one measurement and ends them. A shape (``drains``, ``waits``, ``kills``, ``delays``,
``recovery``) measures one contender once and gives a ``record``; ``rounds`` lets all take turns; ``goals``,
``tables`` and ``bench.plots`` show what came out. Nothing is imported here, for the peers' own environments
lack what we need.
"""
