"""The bundled server: Redis for those who have none. ``python -m judgeline.embedded`` runs it.

``address`` says where it listens, ``binary`` which program it is, ``server`` starts, watches and ends it.
"""
