import pytest
from redis import exceptions

from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.lists.guard import server_errors


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (exceptions.ConnectionError("refused"), "cannot be reached"),
        (ConnectionResetError("reset"), "cannot be reached"),
        (exceptions.TimeoutError("slow"), "in time"),
        (exceptions.BusyLoadingError("LOADING"), "loading"),
        (exceptions.ReadOnlyError("READONLY"), "read-only"),
        (exceptions.OutOfMemoryError("OOM"), "out of memory"),
        (exceptions.NoPermissionError("NOPERM"), "permit"),
        (exceptions.AuthenticationError("WRONGPASS"), "password"),
        (exceptions.ResponseError("MISCONF disk full"), "MISCONF disk full"),
        (exceptions.ResponseError("CLUSTERDOWN"), "CLUSTERDOWN"),
    ],
)
def test_each_way_a_server_cannot_serve_is_named(raised, said):
    with pytest.raises(QueueUnavailable, match=said) as error, server_errors("mail"):
        raise raised
    assert "mail" in str(error.value)
    assert error.value.__cause__ is raised


def test_other_errors_pass():
    with pytest.raises(KeyError), server_errors("mail"):
        raise KeyError
