import fakeredis
import pytest
import rq
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer, PickleSerializer

from judgeline.queues.job import JobState
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq.ledger import Stopped
from judgeline.queues.rq.tickets import FUNCTION, Refused, Ticket, make_ticket
from judgeline.queues.rq.worker import follow


@pytest.fixture
def client():
    return fakeredis.FakeRedis()


def stored(client, function=FUNCTION, serializer=JSONSerializer, **fields):
    """Give the ticket that a worker finds where somebody put a job of the plain kind."""
    job = RqJob.create(
        function, id="one", connection=client, serializer=serializer, origin="mails-high", **fields
    )
    job.save()
    return Ticket.fetch("one", connection=client, serializer=JSONSerializer)


def test_a_ticket_of_ours_is_no_refusal(client):
    make_ticket(client, "one", "mails", QueueOptions(handler="noop")).save()
    ticket = Ticket.fetch("one", connection=client, serializer=JSONSerializer)
    assert ticket.refusal() == ""
    ticket.task = lambda worked: worked.id
    assert ticket.perform() == "one"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"function": "os.system"}, "names code"),
        ({"args": ["x"]}, "names code"),
        ({"kwargs": {"x": 1}}, "names code"),
        ({"serializer": PickleSerializer}, "not JSON"),
        ({"on_success": rq.Callback("os.abort")}, "callbacks"),
        ({"on_failure": rq.Callback("os.abort")}, "callbacks"),
        ({"on_stopped": rq.Callback("os.abort")}, "callbacks"),
        ({"webhooks": [rq.Webhook("http://127.0.0.1:9/", "failed")]}, "webhooks"),
    ],
)
def test_what_is_no_ticket(client, fields, said):
    ticket = stored(client, **fields)
    assert said in ticket.refusal()
    with pytest.raises(Refused):
        ticket.perform()


def test_no_callback_is_ever_looked_up(client):
    call = rq.Callback("os.abort")
    ticket = stored(client, on_success=call, on_failure=call, on_stopped=call)
    assert (ticket.success_callback, ticket.failure_callback, ticket.stopped_callback) == (None, None, None)


@pytest.mark.parametrize(
    ("state", "wait_s", "left", "intervals"),
    [
        (JobState.QUEUED, 0, 1, [0]),
        (JobState.DELAYED, 1.2, 1, [2]),
        (JobState.DEAD, 0, 0, None),
        (JobState.DONE, 5, 0, None),
        (None, 0, 0, None),
    ],
)
def test_a_ticket_follows_its_job(client, state, wait_s, left, intervals):
    ticket = stored(client)
    ticket.retries_left = 7  # what a forged job asks for
    follow(ticket, Stopped(state, wait_s))
    assert (ticket.retries_left, ticket.retry_intervals) == (left, intervals)
