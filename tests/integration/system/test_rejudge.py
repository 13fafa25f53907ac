"""A problem with a wrong test, from its import to verdicts that are put right: nothing is restarted."""

import io
import zipfile
from pathlib import Path

import pytest

SUM = "print(sum(map(int, input().split())))\n"
SOURCES = {"right": SUM, "wrong": "print(4)\n", "broken": "print(\n"}


def package(answer):
    """A zip of a sum whose only secret test has this answer."""
    files = {
        "problem.yaml": "name: A sum\nlicense: cc0\n",
        ".timelimit": "2\n",
        "problem_statement/problem.en.md": "Add.\n",
        "data/secret/1.in": "1 2\n",
        "data/secret/1.ans": answer,
        "submissions/accepted/sum.py": SUM,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"sum/{name}", text)
    return file.getvalue()


@pytest.fixture
def own(system):
    """A system whose problems are its own."""
    problems = system.folder / "problems"
    problems.unlink()
    problems.mkdir()
    system.config.write_text(system.config.read_text() + "\n[store]\nsweep_s = 1\npending_grace_s = 1\n")
    return system.start().ready()


def test_a_wrong_test_is_put_right_and_the_verdicts_with_it(own):
    key = own.operator

    def take(answer):
        sent = {"Content-Type": "application/zip", "Authorization": f"Bearer {key}"}
        taken = own.send("POST", "/v1/problems", package(answer), sent)
        assert taken.status == 201, taken.text
        return taken.json["version"]

    def look(path):
        answer = own.call("GET", path, key=key)
        assert answer.status == 200, answer.text
        return answer.json

    wrong = take("4\n")
    own.until(lambda: own.call("GET", "/v1/problems/sum").status == 200, "the problem")
    paths = {name: own.submit(source, problem="sum", key=key) for name, source in SOURCES.items()}
    first = {name: own.ended(path, key) for name, path in paths.items()}
    assert {name: one["verdict"] for name, one in first.items()} == {
        "right": "wrong_answer",
        "wrong": "accepted",
        "broken": "compile_error",
    }
    assert {one["problem_version"] for one in first.values()} == {wrong}

    right = take("3\n")
    refused = own.send(
        "POST",
        "/v1/problems?slug=sum",
        b"no zip",
        {"Content-Type": "application/zip", "Authorization": f"Bearer {key}"},
    )
    assert refused.status == 422

    def in_use():
        return own.ended(own.submit(SUM, problem="sum"), "")["problem_version"] == right

    own.until(in_use, "the new version")
    counted = ("rejudge", "sum", "--user", "operator", "--dry-run")
    own.until(lambda: "3 submissions" in own.judgeline(*counted).stdout, "their results in the store")
    made = own.call("POST", "/v1/problems/sum/rejudge", {"user": "operator"}, key=key)
    assert (made.status, made.json["problem_version"]) == (201, right), made.text
    link = made.json["link"]
    with own.redis() as client:
        client.flushall()  # whatever of it was on the queue: the store has all of it
    own.until(lambda: not look(link)["rejudge"]["counts"]["pending"], "the rejudge")
    page = look(f"{link}?state=changed")
    assert {item["new_verdict"] for item in page["submissions"]} == {"accepted", "wrong_answer"}
    assert page["rejudge"]["counts"] == {"total": 3, "pending": 0, "same": 1, "changed": 2, "failed": 0}
    shown = {name: look(path) for name, path in paths.items()}
    assert {name: one["verdict"] for name, one in shown.items()} == {
        name: one["verdict"] for name, one in first.items()
    }

    done = own.judgeline("rejudge", "apply", made.json["id"])
    assert done.stdout == "3 results written, 2 verdicts changed\n", done.stderr
    shown = {name: look(path) for name, path in paths.items()}
    assert {name: one["verdict"] for name, one in shown.items()} == {
        "right": "accepted",
        "wrong": "wrong_answer",
        "broken": "compile_error",
    }
    assert {one["problem_version"] for one in shown.values()} == {right}
    (earlier,) = look(f"{paths['right']}/history")["earlier"]
    assert (earlier["verdict"], earlier["problem_version"]) == ("wrong_answer", wrong)
    assert not list(Path(own.folder, "problems", ".versions").glob(".new-*"))
