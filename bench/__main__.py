"""Every measurement, one after another: about ten minutes, with ``--quick`` about two."""

from bench import footprint, http, judging, latency, queues
from bench.harness import main_of_all

main_of_all({each.TITLE: each.measure for each in (queues, latency, http, judging, footprint)}, __doc__ or "")
