import errno
import tempfile

import pytest

from judgeline.judging.errors import JudgingError
from judgeline.judging.hostspeed import REFERENCE_MS, RUNS, SOURCE, HostSpeed, keep, measure, recall
from judgeline.judging.verdicts import RunResult, Verdict

SPEED = HostSpeed(factor=0.5, median_ms=400.0, measured=(390.0, 400.0, 410.0), measured_ms=1)


class Timed:
    """A judge whose runs take these times."""

    def __init__(self, *times, verdict=Verdict.ACCEPTED):
        self.times = list(times)
        self.verdict = verdict

    def run(self, language, source):
        assert (language, source) == ("c", SOURCE)
        return RunResult(verdict=self.verdict, time_ms=self.times.pop(0))


def test_the_factor_is_the_reference_over_the_median():
    slow = [2 * REFERENCE_MS] * (RUNS - 2)
    judge = Timed(9_000, 1, *slow)
    found = measure(judge)
    assert (found.factor, found.median_ms, judge.times) == (0.5, 2 * REFERENCE_MS, [])
    assert len(found.measured) == RUNS
    assert SPEED.spread == 0.05


@pytest.mark.parametrize(("verdict", "time_ms"), [(Verdict.RUNTIME_ERROR, 5), (Verdict.ACCEPTED, 0)])
def test_a_program_that_fails_is_no_measure(verdict, time_ms):
    with pytest.raises(JudgingError, match="failed"):
        measure(Timed(*[time_ms] * RUNS, verdict=verdict))


def test_what_was_kept_is_recalled(tmp_path):
    file = tmp_path / "home" / "host-speed.json"
    assert recall(file) is None
    keep(SPEED, file)
    assert recall(file) == SPEED
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"factor": 0, "median_ms": 1, "measured": [], "measured_ms": 1}']
)
def test_what_cannot_be_read_was_not_measured(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert recall(tmp_path / "file") is None


def test_a_full_disk_leaves_what_was_kept(tmp_path, monkeypatch):
    file = tmp_path / "host-speed.json"
    keep(SPEED, file)

    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(OSError, match="No space"):
        keep(HostSpeed(factor=2, median_ms=1, measured=(1.0,), measured_ms=2), file)
    assert recall(file) == SPEED
