"""How a judgement is printed."""

import msgspec

from judgeline.cli.verdicts import print_judgement
from judgeline.judging import verdicts as words


def printed(capsys, **fields):
    print_judgement(msgspec.to_builtins(words.Judgement(**fields)))
    return " ".join(capsys.readouterr().out.split())


def test_points_and_groups_stand_beside_the_verdict(capsys):
    groups = [
        words.GroupResult(name="secret/1", verdict=words.Verdict.ACCEPTED, score=30, max_score=30),
        words.GroupResult(name="secret/2", why="not run: it needs sample"),
    ]
    out = printed(
        capsys, verdict=words.Verdict.WRONG_ANSWER, tests_total=2, score=30.5, max_score=100, groups=groups
    )
    assert "wrong_answer: 30.5 of 100 points, 0 of 2 tests" in out
    assert "secret/1" in out
    assert "not run" in out


def test_a_pass_fail_judgement_has_no_points(capsys):
    out = printed(capsys, verdict=words.Verdict.ACCEPTED, tests_total=1)
    assert "points" not in out
    assert "accepted: 0 of 1 tests" in out
