"""Attacks are noticed: each fails where nothing stops it, and by the check that is meant for it."""

import os
import sys

import msgspec
import pytest

from judgeline.judging.attacks import Attack, load_attacks
from judgeline.judging.attacks.attack import Kind
from judgeline.judging.verdicts import Verdict

ATTACKS = load_attacks()
NOTICED = {
    "answer": "a secret came out",
    "answer-by-include": "judged accepted|a secret came out",
    "answer-by-macro": "a secret came out",
    "answer-by-assembler": "a secret came out",
    "answer-while-compiling": "a secret came out",
    "answer-by-checker": "a secret came out",
    "whether-files-exist": "BREACH files of the host are seen",
    "environment": "a secret came out",
    "environment-while-compiling": "a secret came out",
    "other-submissions": "BREACH another submission's file is here",
    "loopback": "a TCP port of 127.0.0.1 was reached",
    "loopback-while-compiling": "a TCP port of 127.0.0.1 was reached",
    "loopback-by-checker": "a TCP port of 127.0.0.1 was reached",
    "abstract-socket": "a Unix socket was reached",
    "socket-file": "a Unix socket was reached",
    "planted-file": "host-file was changed",
    "left-files": "left on the host: file: ",
    "orphans": "left on the host: processe: |left on the host: process: ",
    "forged-report": "BREACH it shares a session",
    "rewritten-executable": "BREACH append to its program",
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="attacks are for Linux")


def test_there_are_enough_of_each_kind():
    assert len(ATTACKS) >= 90
    kinds = [attack.kind for attack in ATTACKS.values()]
    assert all(kinds.count(kind) >= 15 for kind in Kind), {kind: kinds.count(kind) for kind in Kind}
    assert len({attack.does for attack in ATTACKS.values()}) == len(ATTACKS)


def test_each_that_may_run_without_a_box_is_told_of():
    assert {name for name, attack in ATTACKS.items() if attack.harmless} == set(NOTICED)


@pytest.mark.parametrize("name", NOTICED)
def test_an_attack_that_nothing_stops_is_noticed(bare_arena, name):
    result = bare_arena.run(ATTACKS[name])
    if result.skipped and os.environ.get("CI") != "true":
        pytest.skip(result.skipped)
    assert not result.ok
    wanted = NOTICED[name].split("|")
    assert any(fault.startswith(start) for fault in result.faults for start in wanted), result.faults


@pytest.mark.parametrize("name", ATTACKS)
def test_a_sandbox_that_runs_nothing_passes_no_attack(dull_arena, name):
    """What is expected of each is more than that nothing happens."""
    result = dull_arena.run(ATTACKS[name])
    assert result.skipped or not result.ok


def attack(**changes):
    fields = {
        "does": "x",
        "file": "sample.py3",
        "group": "checkers",
        "name": "x",
        "verdicts": ["wrong_answer"],
    }
    return msgspec.convert({**fields, **changes}, Attack)


def test_the_verdict_its_reason_and_the_time_are_held_against_the_table(bare_arena):
    fine = bare_arena.run(attack())
    assert fine.seen.startswith("wrong_answer")
    other = bare_arena.run(attack(verdicts=[Verdict.ACCEPTED]))
    assert f"judged {fine.seen}, not accepted" in other.faults
    assert any("belongs" in fault for fault in bare_arena.run(attack(why="for a reason")).faults)
    assert any("judging it took" in fault for fault in bare_arena.run(attack(within_s=0.0)).faults)


def test_an_attack_that_cannot_be_tried_here_says_why(bare_arena):
    assert bare_arena.run(attack(machine="pdp11")).skipped == "it is for pdp11 only"
    assert bare_arena.run(attack(file="sample.b")).skipped == "no language for sample.b"
