import msgspec
import pytest

from judgeline.queues.options import QueueOptions


@pytest.mark.parametrize("priorities", [{}, {"dead": {}}, {"high": {}, "workers": {"weight": 2}}])
def test_priorities_must_be_there_and_must_not_be_keys_of_the_queue(priorities):
    with pytest.raises(msgspec.ValidationError, match="priorit"):
        msgspec.convert({"handler": "noop", "priorities": priorities}, QueueOptions)


def test_the_defaults_are_a_queue():
    assert list(msgspec.convert({"handler": "noop"}, QueueOptions).priorities) == ["high", "low"]
