"""Every attack that `judgeline doctor --attack` tries, in boxes of root and of a plain user."""

import os

import pytest

from judgeline.judging.attacks import Arena, load_attacks

ATTACKS = load_attacks()


@pytest.fixture(scope="module")  # other tests look whether any box is left
def arena(sandbox, root_cache, cache_dir):
    with Arena(sandbox, caches=[root_cache, cache_dir]) as arena:
        yield arena


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_comes_of(arena, name):
    result = arena.run(ATTACKS[name])
    if result.skipped and os.environ.get("CI") != "true":
        pytest.skip(result.skipped)
    assert not result.skipped
    assert result.faults == []
