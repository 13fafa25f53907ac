"""What a driver's error means to us, by its code rather than by its words."""

import sqlite3

from sqlalchemy import exc

from judgeline.store.errors import StoreError, StoreUnavailable, StoreUnfit

MIGRATE = "run: python -m judgeline.store migrate"

_SQLITE_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_PROTOCOL,
}
_SQLITE_CURES = {
    sqlite3.SQLITE_READONLY: ("may not be written", "allow it: chmod u+rw, on its folder too"),
    sqlite3.SQLITE_PERM: ("may not be used", "allow it: chmod u+rw, on its folder too"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "make its folder and allow writing there"),
    sqlite3.SQLITE_NOTADB: ("is no SQLite database", "name another file, or restore it from a backup"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "restore it from a backup"),
}
# Connection lost, transaction rolled back (deadlock), read-only (a failover), no resources, lock not had,
# operator intervention, system error: classes and codes of PostgreSQL's appendix A.
_POSTGRESQL_PASSING = ("08", "40", "25006", "53", "55P03", "57", "58")
_POSTGRESQL_UNDEFINED_TABLE = "42P01"


def explain(error: exc.DBAPIError | sqlite3.Error, url: str) -> StoreError:
    """Give the error of ours for a driver's. ``url`` is the database's address without a password."""
    if isinstance(error, sqlite3.Error):
        return _explain_sqlite(error, url)
    if isinstance(error.orig, sqlite3.Error):
        return _explain_sqlite(error.orig, url)
    return _explain_postgresql(error, url)


def unmigrated(url: str) -> StoreUnfit:
    """Give the error for a database without our tables."""
    return StoreUnfit(f"the store {url} has no tables yet", MIGRATE)


def _explain_sqlite(error: sqlite3.Error, url: str) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & 0xFF  # the rest says where it happened
    if code in _SQLITE_PASSING:
        return StoreUnavailable(f"the store {url} does not serve now ({error})")
    if code in _SQLITE_CURES:
        what, cure = _SQLITE_CURES[code]
        return StoreUnfit(f"the store {url} {what} ({error})", cure)
    if "no such table" in str(error):
        return unmigrated(url)
    return StoreError(f"the store {url} refused ({error})")


def _explain_postgresql(error: exc.DBAPIError, url: str) -> StoreError:
    state = getattr(error.orig, "sqlstate", None) or ""
    reason = " ".join(str(error.orig).split())
    if state == _POSTGRESQL_UNDEFINED_TABLE:
        return unmigrated(url)
    lost = not state and isinstance(error, exc.OperationalError)  # libpq gives no code when it cannot connect
    if lost or error.connection_invalidated or state.startswith(_POSTGRESQL_PASSING):
        return StoreUnavailable(f"the store {url} does not serve now ({reason})")
    return StoreError(f"the store {url} refused ({reason})")
