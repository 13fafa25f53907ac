"""The systems that are measured, one small file each: how it is started, what it runs, how it is filled.

Each file runs in the environment of its system (``.venv-bench``, for arq ``.venv-bench-arq``, for ours
``.venv``), so it imports nothing of the bench but ``base`` and ``marks``, which need the standard library
alone. The measurements talk to it through ``python -m bench.queues.peers NAME describe`` and ``... NAME
client``.

The same for all: one server on the loopback address with an append-only file (everysec), results stored, no
logging below errors, hiredis where the client can use it.
"""
