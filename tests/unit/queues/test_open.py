import pytest

from judgeline.queues.errors import QueueError
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.open import open_consumer, open_engine
from judgeline.queues.options import QueueOptions

NOWHERE = "unix:///nowhere"


def test_a_queue_is_opened_by_its_options_without_touching_the_server():
    options = QueueOptions(handler="noop")
    assert isinstance(open_engine("mail", options, NOWHERE), ListsEngine)
    assert isinstance(open_consumer("mail", options, NOWHERE), ListsConsumer)


def test_rq_has_workers_of_its_own():
    with pytest.raises(QueueError, match="RQ"):
        open_consumer("mail", QueueOptions(handler="noop", engine="rq"), NOWHERE)
