"""Versions of a problem under real workers: each submission by its own, a new one without a restart, and
nothing compiled twice."""

import shutil

import msgspec
import pytest

from judgeline.ids import new_id
from judgeline.judging.packages.importing import stage
from judgeline.payloads import SubmissionPayload, encode
from judgeline.queues.job import NewJob

SUM = """#include <stdio.h>
int main(void) {{ long a, b; scanf("%ld %ld", &a, &b); printf("%ld", a + b + {}); }}
"""


@pytest.fixture
def judge(pool, with_judge):
    """A pool whose children judge the problems of a folder of their own."""
    return with_judge(f'problems = "{pool.folder / "problems"}"')


@pytest.fixture
def versions(judge, tmp_path):
    """Two versions of a sum, the second with another answer: give how to take each in, and its version."""
    for number, answer in ((1, "3\n"), (2, "4\n")):
        source = tmp_path / str(number) / "aplusb"
        shutil.copytree(judge.root / "problems" / "aplusb", source)
        shutil.rmtree(source / "data")
        for folder in ("sample", "secret"):
            (source / "data" / folder).mkdir(parents=True)
            (source / "data" / folder / "1.in").write_text("1 2\n")
            (source / "data" / folder / "1.ans").write_text(answer)

    def take(number):
        with stage(judge.folder / "problems", tmp_path / str(number) / "aplusb") as staged:
            return staged.install().package.version

    return take


def put(judge, source, version=""):
    payload = SubmissionPayload(problem="aplusb", language="c", source=source, version=version)
    job_id = new_id()
    judge.engine.enqueue([NewJob(id=job_id, priority="low", payload=encode(payload))])
    return job_id


def result_of(judge, job_id):
    return msgspec.json.decode(judge.ended(job_id).result)


def builds(judge):
    return {path.name: path.stat().st_ino for path in (judge.folder / "builds").iterdir()}


def test_each_is_judged_by_its_version_and_judging_anew_compiles_nothing(judge, versions, helpers):
    first = versions(1)
    judge.start_ready("--processes", "1")
    sources = [SUM.format(number) for number in (0, 1, 2)]
    told = [result_of(judge, job) for job in [put(judge, source, first) for source in sources]]
    assert [one["verdict"] for one in told] == ["accepted", "wrong_answer", "wrong_answer"]
    assert {one["version"] for one in told} == {first}
    compiled = builds(judge)
    assert len(compiled) == len(sources)

    second = versions(2)
    again = [result_of(judge, job) for job in [put(judge, source, second) for source in sources]]
    assert [one["verdict"] for one in again] == ["wrong_answer", "accepted", "wrong_answer"]
    assert {one["version"] for one in again} == {second}
    assert builds(judge) == compiled, "a build that is made again is another file"

    late = result_of(judge, put(judge, sources[0], first))
    assert (late["verdict"], late["version"]) == ("accepted", first)
    helpers.until(lambda: result_of(judge, put(judge, sources[1]))["version"] == second, "the new version")
    assert builds(judge) == compiled
