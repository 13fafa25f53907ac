import pytest

from workers.control import Cancel, Channel, Lost, Ready, Release, Stop, Unfit


@pytest.fixture
def pair():
    ends = Channel.pair()
    yield ends
    for end in ends:
        end.close()


def test_all_that_was_said_is_heard_in_order(pair):
    ours, theirs = pair
    said = [Stop(), Release(), Cancel("a"), Lost("a", 2)]
    for message in said:
        ours.send(message)
    assert theirs.receive() == said
    assert theirs.receive() == []
    theirs.send(Ready())
    theirs.send(Unfit("no sandbox"))
    assert ours.receive() == [Ready(), Unfit("no sandbox")]


def test_nobody_listening_is_no_error_and_never_blocks(pair):
    ours, theirs = pair
    for _ in range(100_000):
        ours.send(Cancel("a"))
    assert theirs.receive()
    theirs.close()
    ours.send(Stop())
    assert ours.receive() == []
