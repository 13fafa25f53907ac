import psycopg
import pytest
from psycopg import errors
from sqlalchemy import exc

from judgeline.store.errors import StoreError, StoreUnavailable, StoreUnfit
from judgeline.store.failures import explain


@pytest.mark.parametrize(
    "kind",
    [
        errors.LockNotAvailable,
        errors.DeadlockDetected,
        errors.SerializationFailure,
        errors.ReadOnlySqlTransaction,
        errors.TooManyConnections,
        errors.DiskFull,
        errors.AdminShutdown,
        errors.CannotConnectNow,
    ],
)
def test_what_passes_by_itself_is_unavailable(kind):
    wrapped = exc.DBAPIError.instance("SELECT", {}, kind("two\nlines"), psycopg.Error)
    explained = explain(wrapped, "postgresql://host/judge")
    assert type(explained) is StoreUnavailable
    assert "\n" not in str(explained)


def test_a_server_that_cannot_be_reached_is_unavailable():
    wrapped = exc.OperationalError("SELECT", {}, psycopg.OperationalError("connection refused"))
    assert type(explain(wrapped, "postgresql://host/judge")) is StoreUnavailable


def test_missing_tables_are_named_with_the_cure():
    wrapped = exc.ProgrammingError("SELECT", {}, errors.UndefinedTable("relation jobs"))
    explained = explain(wrapped, "postgresql://host/judge")
    assert isinstance(explained, StoreUnfit)
    assert "migrate" in explained.cure


def test_anything_else_is_a_plain_error():
    wrapped = exc.DataError("SELECT", {}, errors.StringDataRightTruncation("too long"))
    assert type(explain(wrapped, "postgresql://host/judge")) is StoreError
