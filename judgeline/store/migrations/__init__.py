"""The tables' history, run by Alembic; see ``judgeline.store.migrate``."""
