"""Opening the database, and transactions on it.

SQLite in WAL mode lets any number read while one writes. Its writers say BEGIN IMMEDIATE, so they queue for
the lock where they can wait; a transaction that reads first and writes later would be refused halfway,
without waiting. The driver's own transaction handling is off (isolation_level None), as SQLAlchemy's chapter
on SQLite transactions advises, so that every BEGIN is ours. PostgreSQL needs none of this.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from judgeline.store.errors import BadAddress, StoreUnavailable, StoreUnfit
from judgeline.store.failures import explain

PATIENCE_S = 2.0
"""How long a transaction waits for a lock or a connection before it is StoreUnavailable."""

KNOWN = "write sqlite:///path/to/file or postgresql://user:password@host/database"


class Store:
    """A database, open. Threads may share it; processes may not (open it after a fork)."""

    def __init__(self, engine: Engine, patience_s: float = PATIENCE_S) -> None:
        self._engine = engine
        self._patience_s = patience_s
        # SQLite has one writer at a time. Threads of one process queue here, in order and without polling,
        # so that SQLite's own sleeping retries are left to a few processes.
        self._turn = threading.Lock()
        self._writing: Connection | None = None

    @property
    def url(self) -> str:
        """The database's address without its password, which may stand among the settings behind it, too."""
        return self._engine.url.set(query={}).render_as_string(hide_password=True)

    @property
    def dialect(self) -> str:
        """Which database it is: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """Give a connection in a transaction that only reads. Raises StoreUnavailable, StoreUnfit."""
        with self._explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end, or rolled back by an exception.

        Raises StoreUnavailable when the lock could not be had within the store's patience.
        """
        if self.dialect != "sqlite":
            with self._explained(), self._engine.begin() as connection:
                yield connection
            return
        deadline = time.monotonic() + self._patience_s
        if not self._turn.acquire(timeout=self._patience_s):
            raise StoreUnavailable(f"the store is locked: {self.url}")
        try:
            with self._explained(), self._kept_connection() as connection:
                wait_ms = max(1, int((deadline - time.monotonic()) * 1000))
                connection.execution_options(judgeline_write_wait_ms=wait_ms)
                with connection.begin():
                    yield connection
        finally:
            self._turn.release()

    @contextmanager
    def _kept_connection(self) -> Iterator[Connection]:
        """Give the connection of all who write in turn: to get one from the pool costs as much as a commit.

        One that failed is not kept.
        """
        connection, self._writing = self._writing or self._engine.connect(), None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._writing = connection

    def close(self) -> None:
        """Close every idle connection."""
        with self._turn:
            if self._writing is not None:
                self._writing.close()
                self._writing = None
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except exc.TimeoutError:
            raise StoreUnavailable(f"the store has no connection free: {self.url}") from None
        except (exc.DBAPIError, sqlite3.Error) as error:
            raise explain(error, self.url) from error


def open_store(url: str, *, fsync: bool = False, patience_s: float = PATIENCE_S) -> Store:
    """Open the database at ``url`` (sqlite:///path, postgresql://...); connects at first use.

    With ``fsync`` SQLite syncs every commit to the disk: what is accepted outlives a power cut, not only a
    killed process (PostgreSQL does so by itself). ``patience_s`` bounds every wait for a lock or a
    connection. Raises StoreUnfit for an address that cannot work.
    """
    address = parse_url(url)
    if address.get_backend_name() == "sqlite":
        check_file(address)
        engine = create_engine(address, pool_size=10, max_overflow=-1)  # bounded by the threads there are
        _prepare_sqlite(engine, fsync=fsync, patience_s=patience_s)
    else:
        engine = create_engine(
            address,
            pool_size=5,
            max_overflow=10,
            pool_timeout=patience_s,
            pool_pre_ping=True,  # a restarted server is noticed before a request is spent on it
            connect_args={
                "connect_timeout": 2,  # the least that libpq takes
                "tcp_user_timeout": int(patience_s * 1000),
            },
        )
        _prepare_postgresql(engine, patience_s)
    return Store(engine, patience_s)


def parse_url(url: str) -> URL:
    """Read a DATABASE_URL; postgres:// and postgresql:// mean psycopg 3. Raises BadAddress."""
    try:
        address = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise BadAddress("DATABASE_URL is not an address", KNOWN) from None
    if address.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername in ("sqlite", "sqlite+pysqlite"):
        if address.database in (None, "", ":memory:"):
            raise BadAddress("processes cannot share a database in memory", KNOWN)
        return address
    raise BadAddress(f"DATABASE_URL is for {address.drivername}", KNOWN)


def check_file(address: URL) -> None:
    """Raise StoreUnfit unless SQLite could read and write the file, and the two it keeps beside it."""
    path = Path(str(address.database))
    folder = path.parent
    if not folder.is_dir():
        raise StoreUnfit(f"the store's folder {folder} does not exist", f"make it: mkdir -p {folder}")
    if path.is_dir():
        raise StoreUnfit(f"the store {path} is a folder", "name a file in DATABASE_URL")
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise StoreUnfit(f"the store {path} may not be written", f"allow it: chmod u+rw {path}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreUnfit(
            f"the store's folder {folder} may not be written, and SQLite keeps files there",
            f"allow it: chmod u+rwx {folder}",
        )


def _prepare_sqlite(engine: Engine, *, fsync: bool, patience_s: float) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(patience_s * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {'FULL' if fsync else 'NORMAL'}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        wait_ms = connection.get_execution_options().get("judgeline_write_wait_ms")
        # Past SQLAlchemy, whose way would cost a fifth of an accept.
        driver: Any = connection.connection.dbapi_connection
        if wait_ms is None:
            driver.execute("BEGIN")
        else:
            driver.execute(f"PRAGMA busy_timeout = {wait_ms}")
            driver.execute("BEGIN IMMEDIATE")


def _prepare_postgresql(engine: Engine, patience_s: float) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        # By SET, not in the connection's options: PgBouncer refuses those.
        connection.execute(f"SET lock_timeout = {int(patience_s * 1000)}")
        connection.commit()
