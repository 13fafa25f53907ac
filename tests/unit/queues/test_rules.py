import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueError
from judgeline.queues.job import Claim
from judgeline.queues.options import BackoffOptions
from judgeline.queues.rules import (
    check_progress,
    evidence_with,
    fitting_evidence,
    retry_after_s,
    retry_delay_ms,
)


def claim(failures=0):
    return Claim(
        id="a", worker="w", attempt=1, crashes=0, priority="low", user="", payload=b"", failures=failures
    )


BACKOFF = BackoffOptions(base=1, factor=4, max=300, jitter=0.2)
RETRY = Ending(kind=Finish.RETRY)


def test_the_wait_grows_by_its_factor_up_to_its_bound():
    waits = [retry_delay_ms(claim(failures), RETRY, BACKOFF, 0.5) for failures in range(7)]
    assert waits == [1_000, 4_000, 16_000, 64_000, 256_000, 300_000, 300_000]


@given(chance=st.floats(0, 1, exclude_max=True), failures=st.integers(0, 10**6))
def test_the_jitter_stays_within_its_share(chance, failures):
    middle = retry_delay_ms(claim(failures), RETRY, BACKOFF, 0.5)
    assert 0.8 * middle <= retry_delay_ms(claim(failures), RETRY, BACKOFF, chance) <= 1.2 * middle


def test_no_power_is_too_great():
    steep = BackoffOptions(base=86_400, factor=100, max=86_400, jitter=0)
    assert retry_delay_ms(claim(10**9), RETRY, steep, 0) == 86_400_000


@pytest.mark.parametrize(("asked", "given_ms"), [(0, 0), (-5, 0), (7, 7), (10**15, 86_400_000 * 30)])
def test_a_wait_of_the_handlers_choice_is_kept_within_reason(asked, given_ms):
    assert retry_delay_ms(claim(), Ending(kind=Finish.RETRY, delay_ms=asked), BACKOFF, 0.9) == given_ms


def test_other_endings_wait_for_nothing():
    assert retry_delay_ms(claim(), Ending(kind=Finish.DONE, delay_ms=5), BACKOFF, 0.9) == 0


@pytest.mark.parametrize(
    ("waiting", "drained", "seconds"),
    [(20_000, 60_000, 1), (20_000, 600, 100), (20_000, 1, 600), (1, 100, 1), (5, 0, 60)],
)
def test_when_to_come_back(waiting, drained, seconds):
    assert retry_after_s(waiting, drained) == seconds


def test_evidence_is_one_object():
    log = [{"attempt": 1}]
    assert msgspec.json.decode(evidence_with(b'{"signal": 9}', log)) == {"signal": 9, "attempts": log}
    assert msgspec.json.decode(evidence_with(b"[1]", log)) == {"said": "[1]", "attempts": log}
    assert msgspec.json.decode(evidence_with(b"", log)) == {"attempts": log}
    assert evidence_with(b"", []) == b""


def test_evidence_that_fits_is_not_touched():
    assert fitting_evidence(b"x" * 65_536) == b"x" * 65_536
    assert len(fitting_evidence(b"\xff" * 1_000_000)) <= 65_536


def test_json_nested_too_deeply_to_be_read_is_no_accident():
    deep = b"[" * 100_000 + b"]" * 100_000
    assert msgspec.json.decode(evidence_with(deep, []))["said"] == deep.decode()
    with contextlib.suppress(QueueError):  # each Python has its own depth; none may crash
        check_progress(b"[" * 2_000 + b"]" * 2_000)
