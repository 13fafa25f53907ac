"""Making the tables, and finding out whether they are the ones this code needs.

Only an operator's step migrates (the preparation of ``make run``, ``python -m judgeline.store migrate``); a
process that finds another schema than its own says so and does not start.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from judgeline.store.database import Store, open_store, parse_url
from judgeline.store.errors import StoreUnfit
from judgeline.store.failures import MIGRATE, unmigrated
from judgeline.store.schema import REVISION

LOCK_WAIT_S = 60
"""How long a migration waits for another one on PostgreSQL, or for a transaction in its way."""
_LOCK_NUMBER = 0x6A6C_6D69  # "jlmi": any number that nobody else locks by in this database


def migrate(url: str) -> bool:
    """Bring the database at ``url`` to this code's schema; False if it was there already.

    All in one transaction, so that a killed migration leaves no trace; several at once wait for one another.
    Raises StoreUnfit when the database is newer than this code, StoreUnavailable when it cannot be reached.
    """
    address = parse_url(url)
    store = open_store(url)
    try:
        if address.get_backend_name() != "sqlite":
            return _migrate(store)
        with _alone(Path(f"{address.database}.lock")):
            # Nobody else's, whatever the umask; SQLite gives the files beside it the same mode.
            os.close(os.open(str(address.database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            return _migrate(store)
    finally:
        store.close()


def check_schema(store: Store) -> None:
    """Raise StoreUnfit, with the cure, unless the tables are the ones this code needs."""
    with store.reader() as connection:
        found = _revision(connection)
    if found is None:
        raise unmigrated(store.url)
    if found < REVISION:
        raise StoreUnfit(f"the store {store.url} has schema {found}, this version needs {REVISION}", MIGRATE)
    if found > REVISION:
        raise _newer(store, found)


def alembic_config(connection: Connection) -> Config:
    """Give what Alembic's commands need to work on a connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _migrate(store: Store) -> bool:
    with store.writer() as connection:
        if store.dialect == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        found = _revision(connection)
        if found is not None and found > REVISION:
            raise _newer(store, found)
        if found == REVISION:
            return False
        command.upgrade(alembic_config(connection), REVISION)
        return True


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _newer(store: Store, found: str) -> StoreUnfit:
    return StoreUnfit(
        f"the store {store.url} was made by a newer Judgeline (schema {found}, this one knows {REVISION})",
        "install that version, or name another database in DATABASE_URL",
    )


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # given back by the close, and by the kernel if we are killed
        yield
    finally:
        os.close(descriptor)
