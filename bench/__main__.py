"""The short measurements, one after another: about eight minutes, with ``--quick`` two.

The queue beside its peers is a command of its own, ``python -m bench.queues``.
"""

from bench import fairness, footprint, http, judging, latency, overload
from bench.harness import main_of_all

_ALL = (latency, fairness, http, overload, judging, footprint)

main_of_all({each.TITLE: each.measure for each in _ALL}, __doc__ or "")
