"""Attacks: hostile programs of our own, judged for real on this host, and what must be true after each.

::

    attack     what an attack is, and the tables of them   (programs/<group>/table.toml, sources beside it)
    arena      judges one attack after another, and gives what is wrong
    secrets    what is planted for an attack to read, write or reach, and must not be
    watched    a sandbox that keeps what programs did, and looks into each box before it is thrown away
    traces     what a run may leave on the host: processes, mounts, cgroups, shared memory, files
    watchman   the least memory and disk that were free meanwhile
    packages   the small problems that attacks are judged by

A program that gets through says so in a line that starts with ``BREACH``; one that does not ends as its table
says. Those in Python end with .py3: no tool must take them for code of ours.
"""

from judgeline.judging.attacks.arena import Arena
from judgeline.judging.attacks.attack import Attack, Result, load_attacks

__all__ = ["Arena", "Attack", "Result", "load_attacks"]
