import os
from pathlib import Path

import pytest

from workers import brood as brood_module
from workers.brood import Brood


@pytest.fixture
def brood(monkeypatch):
    monkeypatch.setattr(brood_module.kernel, "adopt_orphans", lambda: None)  # pytest stays as it is
    return Brood("s", 2, lambda *_: None, lambda: None)


def test_a_host_that_cannot_fork_now_is_tried_again_later_and_nothing_leaks(brood, monkeypatch):
    tries = []

    def fork():
        tries.append(1)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    before = sorted(Path("/proc/self/fd").iterdir()) if Path("/proc/self/fd").exists() else []
    brood.grow(100.0)
    brood.grow(100.5)
    assert len(tries) == 1
    assert brood.due() == 101
    brood.grow(101.0)
    assert len(tries) == 2
    assert len(brood) == 0
    if before:
        assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_the_target_stays_between_one_and_its_bound(brood):
    brood.scale(-5)
    assert brood.target == 1
    brood.scale(100_000)
    assert brood.target == brood_module.MOST
