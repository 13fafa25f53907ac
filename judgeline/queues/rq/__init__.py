"""A queue on RQ, for teams that live with RQ's tools: same interface, handlers, events and HTTP API.

RQ carries and dispatches: each job is a job of RQ's under the same id (a *ticket*), on one RQ queue a
priority (``<queue>-<priority>``), worked by real RQ workers, visible to ``rq info`` and the dashboards. What
a job *is* - payload, attempts, checkpoint, result - stands in the same hash as with engine "lists", fenced
the same way, so that the recorder, the waiters and the operator's tools see no difference. A ticket holds no
payload and names no code.

What RQ cannot give, and docs/engines.md says so by name: users taking turns, weights to the job, elements
LPUSHed by hand, a bound on what a user runs, notice of a dead machine within seconds (RQ: a minute or two),
Redis Cluster. An idle priority's workers do not help the other one.
"""

from judgeline.queues.rq.engine import RqEngine
from judgeline.queues.rq.pool import Order, work

__all__ = ["Order", "RqEngine", "work"]
