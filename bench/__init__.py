"""Measured comparisons: ``python -m bench`` runs them all, ``python -m bench.queues`` and its like one.

Each starts servers of its own in a temporary folder, measures in interleaved rounds beside a peer or a floor,
prints a Markdown table, and leaves nothing behind. ``harness`` has what they share, ``servers`` what they
start, ``processes`` what they read of it.
"""
