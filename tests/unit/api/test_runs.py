import msgspec
import pytest

from judgeline.judging.verdicts import RunResult, Verdict
from judgeline.payloads import RunPayload, decode
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.troubles import Troubles

RUN = {"language": "python3", "source": "print(input())", "stdin": "hello"}


def test_a_run_goes_its_way(front):
    answer = front.client.post("/v1/runs", json=RUN | {"expected_output": "hello"})
    assert answer.status_code == 202
    here = answer.json["links"]["self"]
    assert here == f"/v1/runs/{answer.json['id']}"
    claim = front.queue.claim("w", 1)
    assert decode(claim.payload) == RunPayload(
        language="python3", source="print(input())", stdin="hello", expected_output="hello"
    )
    result = RunResult(verdict=Verdict.ACCEPTED, stdout="hello\n", exit_code=0, time_ms=3, memory_kb=8000)
    front.queue.finish(claim, Ending(kind=Finish.DONE, result=msgspec.json.encode(result)))
    done = front.client.get(here).json
    assert (done["status"], done["verdict"], done["stdout"], done["exit_code"]) == (
        "done",
        "accepted",
        "hello\n",
        0,
    )


def test_a_waiting_run_has_empty_results(front):
    here = front.client.post("/v1/runs", json=RUN).json["links"]["self"]
    run = front.client.get(here).json
    assert (run["status"], run["verdict"], run["stdout"], run["exit_code"]) == ("queued", None, "", None)
    assert front.client.delete(here).json["status"] == "cancelled"


def test_stdin_has_a_bound_of_its_own(front):
    bound = front.services.config.api.max_stdin_bytes
    assert front.client.post("/v1/runs", json=RUN | {"stdin": "x" * bound}).status_code == 202
    for field in ("stdin", "expected_output"):
        answer = front.client.post("/v1/runs", json=RUN | {field: "x" * (bound + 1)})
        assert answer.status_code == 413
        assert answer.json["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stdin": "a\0"}, "stdin"),
        ({"expected_output": "\0"}, "expected_output"),
        ({"source": ""}, "source"),
        ({"language": "klingon"}, "language"),
        ({"problem": "aplusb"}, "problem"),
    ],
)
def test_a_bad_field_is_named(front, changes, field):
    answer = front.client.post("/v1/runs", json=RUN | changes)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == field


def test_where_no_worker_has_a_sandbox_nothing_is_accepted(front):
    front.troubles["submissions"].report("here", "no user namespaces: sysctl kernel.x=1")
    for path, body in (
        ("/v1/runs", RUN),
        ("/v1/submissions", {"problem": "aplusb", "language": "python3", "source": "1"}),
    ):
        answer = front.client.post(path, json=body)
        assert (answer.status_code, answer.json["type"]) == (503, "/v1/errors/no-sandbox")
        assert "no user namespaces" in answer.json["detail"]


def test_one_worker_elsewhere_is_enough(front):
    front.troubles["submissions"].report("here", "no sandbox")
    front.queue.renew(["elsewhere"])
    assert front.client.post("/v1/runs", json=RUN).status_code == 202


def test_without_any_worker_a_run_waits(front):
    assert front.client.post("/v1/runs", json=RUN).status_code == 202


def test_unknown_trouble_is_no_trouble(front):
    class Away(Troubles):
        def read(self):
            raise QueueUnavailable("gone")

    front.services.judges._troubles = Away("submissions", front.redis)
    assert front.client.post("/v1/runs", json=RUN).status_code == 202
