import msgspec
import pytest

from judgeline.judging import verdicts
from judgeline.judging.verdicts import Judgement, Progress, Verdict
from judgeline.payloads import SubmissionPayload, decode
from judgeline.queues.engine import Ending, Finish
from judgeline.store.keys import Plan

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}
JUDGED = Judgement(
    verdict=Verdict.WRONG_ANSWER,
    tests=[verdicts.TestResult(name="sample/1", verdict=Verdict.WRONG_ANSWER, time_ms=1.5)],
    tests_total=15,
    time_ms=1.5,
    memory_kb=9000,
    why="the first line differs",
    language="python3 (3.11.2)",
)


def start(front, sequence=1):
    claim = front.queue.claim("w", sequence)
    assert claim is not None
    return claim


def end(front, claim, kind=Finish.DONE, **fields):
    done, _ = front.queue.finish(claim, Ending(kind=kind, **fields))
    assert done


def get(front, job_id, **headers):
    return front.client.get(f"/v1/submissions/{job_id}", headers=headers).json


def test_a_submission_is_accepted_stored_and_queued(front):
    answer = front.client.post("/v1/submissions", json=SUBMISSION)
    assert answer.status_code == 202
    job_id = answer.json["id"]
    here = f"/v1/submissions/{job_id}"
    assert answer.json == {
        "id": job_id,
        "status": "queued",
        "links": {"self": here, "events": f"{here}/events"},
    }
    assert answer.headers["Location"] == here
    row = front.row(job_id)
    assert (row.state, row.kind, row.owner, row.priority) == (
        "pending",
        "submission",
        "anonymous:127.0.0.1",
        "low",
    )
    version = front.services.problems.find("aplusb").version
    assert decode(start(front).payload) == SubmissionPayload(
        problem="aplusb", language="python3", source="print(1)", version=version
    )
    assert row.problem_version == front.client.get(here).json["problem_version"] == version


@pytest.mark.parametrize(
    ("plan", "priority"), [(Plan.FREE, "low"), (Plan.PREMIUM, "high"), (Plan.OPERATOR, "high")]
)
def test_the_plan_decides_the_priority(front, plan, priority):
    job_id = front.submit(front.key("submit", plan=plan))
    assert front.row(job_id).priority == priority
    assert front.queue.look(job_id).priority == priority


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"priority": "high"}, "priority", "is not a field"),
        ({"colour": "red"}, "colour", "is not a field"),
        ({"source": 7}, "source", "Expected `str`, got `int`"),
        ({"source": None}, "source", "Expected `str`, got `null`"),
        ({"source": ""}, "source", "is empty"),
        ({"source": " \n\t"}, "source", "is empty"),
        ({"source": "a\0b"}, "source", "NUL"),
        ({"problem": "no-such"}, "problem", "there is no problem 'no-such'"),
        ({"problem": "../aplusb"}, "problem", "openapi.json"),
        ({"language": "klingon"}, "language", "klingon"),
    ],
)
def test_a_bad_field_is_named(front, changes, field, reason):
    answer = front.client.post("/v1/submissions", json=SUBMISSION | changes)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == "/v1/errors/invalid-field"
    (error,) = answer.json["errors"]
    assert error["field"] == field
    assert reason in error["reason"]


def test_a_missing_field_is_named(front):
    answer = front.client.post("/v1/submissions", json={"problem": "aplusb", "language": "python3"})
    assert answer.status_code == 400
    assert answer.json["errors"] == [{"field": "source", "reason": "is missing"}]


def test_a_source_of_64_kib_is_taken_and_one_byte_more_is_not(front):
    front.submit(source="#" * 65_536)
    front.submit(source="é" * 32_768)
    for source in ("#" * 65_537, "é" * 32_768 + "#"):
        answer = front.client.post("/v1/submissions", json=SUBMISSION | {"source": source})
        assert answer.status_code == 413
        assert answer.json["errors"][0]["field"] == "source"
        assert "65,537 bytes" in answer.json["errors"][0]["reason"]


def test_its_course_is_shown(front):
    first, second = front.submit(), front.submit()
    assert get(front, first)["position"] == 0
    assert get(front, second)["position"] == 1
    claim = start(front)
    running = get(front, first)
    assert (running["status"], running["attempt"], running["position"]) == ("running", 1, None)
    assert running["started_at"] is not None
    front.queue.progress(claim, msgspec.json.encode(Progress(stage="testing", test=3, tests_total=15)))
    assert get(front, first)["progress"] == {"stage": "testing", "test": 3, "tests_total": 15}
    end(front, claim, result=msgspec.json.encode(JUDGED))
    done = get(front, first)
    assert done["status"] == "done"
    assert done["verdict"] == "wrong_answer"
    assert done["why"] == "the first line differs"
    assert done["tests"] == [{"name": "sample/1", "verdict": "wrong_answer", "time_ms": 1.5}]
    assert (done["tests_total"], done["time_ms"], done["memory_kb"]) == (15, 1.5, 9000)
    assert done["language_version"] == "python3 (3.11.2)"
    assert done["progress"] is None
    assert done["finished_at"] is not None


def test_a_delayed_and_a_dead_submission_say_why(front):
    job_id = front.submit()
    end(front, start(front), Finish.RETRY, reason="the sandbox broke", delay_ms=60_000)
    delayed = get(front, job_id)
    assert (delayed["status"], delayed["reason"]) == ("delayed", "the sandbox broke")
    other = front.submit()
    end(front, start(front, 2), Finish.DEAD, reason="gave up")
    assert get(front, other)["status"] == "dead"
    assert get(front, other)["reason"] == "gave up"
    assert get(front, other)["verdict"] is None


def test_a_result_that_cannot_be_read_is_a_judge_error(front):
    job_id = front.submit()
    end(front, start(front), result=b'{"verdict":"splendid"}')
    assert get(front, job_id)["verdict"] == "judge_error"


def test_an_accepted_submission_that_redis_does_not_know_is_queued(front):
    job_id = front.submit()
    front.queue._ledger.jobs.clear()
    assert get(front, job_id)["status"] == "queued"


def test_strangers_do_not_see_what_a_key_owns(front):
    alice, bob = front.key("submit"), front.key("submit", owner="bob")
    operator = front.key("operate", owner="root", plan=Plan.OPERATOR)
    job_id = front.submit(alice)
    for path in ("", "/events"):
        for headers in (None, bob):
            answer = front.client.get(f"/v1/submissions/{job_id}{path}", headers=headers)
            assert answer.status_code == 404
    assert front.client.delete(f"/v1/submissions/{job_id}", headers=bob).status_code == 404
    assert get(front, job_id, **alice)["id"] == job_id
    assert get(front, job_id, **operator)["id"] == job_id


def test_what_came_without_a_key_belongs_to_who_knows_its_id(front):
    job_id = front.submit()
    assert get(front, job_id, **front.key("submit"))["id"] == job_id


@pytest.mark.parametrize("job_id", ["x", "01a20bf1-fced-78ef-924c-33c780bffda4", "%00", "é"])
def test_an_unknown_id_is_not_found(front, job_id):
    for method in ("get", "delete"):
        assert getattr(front.client, method)(f"/v1/submissions/{job_id}").status_code == 404


def test_a_run_is_no_submission(front):
    run = front.client.post("/v1/runs", json={"language": "python3", "source": "1"}).json["id"]
    assert front.client.get(f"/v1/submissions/{run}").status_code == 404


def test_the_list_is_ones_own_newest_first_in_pages(front):
    alice = front.key("submit")
    ids = sorted(front.submit(alice) for _ in range(52))
    front.submit(front.key("submit", owner="bob"))
    page = front.client.get("/v1/submissions", headers=alice).json
    assert [one["id"] for one in page["submissions"]] == ids[:1:-1]
    rest = front.client.get(page["next"], headers=alice).json
    assert [one["id"] for one in rest["submissions"]] == ids[1::-1]
    assert rest["next"] is None


def test_the_list_can_be_narrowed(front):
    alice = front.key("submit")
    here, _there = front.submit(alice), front.submit(alice, problem="knit")
    start(front)

    def ids(query):
        listed = front.client.get(f"/v1/submissions?{query}", headers=alice).json["submissions"]
        return [(one["id"], one["status"]) for one in listed]

    assert ids("problem=aplusb") == [(here, "running")]
    assert ids("problem=aplusb&status=pending") == [(here, "running")]
    assert ids("status=done") == []
    assert front.client.get("/v1/submissions?status=great", headers=alice).status_code == 400
    assert (
        front.client.get("/v1/submissions?colour=red", headers=alice).json["errors"][0]["field"] == "colour"
    )


def test_without_a_key_there_is_no_list(front):
    front.submit()
    assert front.client.get("/v1/submissions").status_code == 401


def test_a_waiting_submission_is_cancelled_at_once(front):
    job_id = front.submit()
    answer = front.client.delete(f"/v1/submissions/{job_id}")
    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    assert front.queue.claim("w", 1) is None
    assert front.client.delete(f"/v1/submissions/{job_id}").status_code == 200


def test_a_running_submissions_worker_is_told(front):
    job_id = front.submit()
    claim = start(front)
    answer = front.client.delete(f"/v1/submissions/{job_id}")
    assert (answer.status_code, answer.json["status"]) == (202, "running")
    assert not front.queue.progress(claim, b"{}")
    end(front, claim, Finish.CANCELLED)
    assert get(front, job_id)["status"] == "cancelled"


def test_an_ended_submission_cannot_be_cancelled(front):
    job_id = front.submit()
    end(front, start(front), result=msgspec.json.encode(JUDGED))
    answer = front.client.delete(f"/v1/submissions/{job_id}")
    assert (answer.status_code, answer.json["type"]) == (409, "/v1/errors/already-ended")


def test_what_was_accepted_and_not_yet_queued_is_cancelled_for_whoever_queues_it_later(front):
    job_id = front.submit()
    front.queue._ledger.jobs.clear()
    assert front.client.delete(f"/v1/submissions/{job_id}").json["status"] == "cancelled"
    assert [(job.id, job.state) for job in front.queue.unrecorded()] == [(job_id, "cancelled")]
