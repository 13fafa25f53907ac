from judgeline.cli.matrix import LETTERS, matrix
from judgeline.judging import verdicts as words
from judgeline.judging.row import Row
from judgeline.judging.verdicts import Verdict

TESTS = ["sample/1", "sample/2", "secret/1/a", "secret/1/b", "secret/2/a"]


def row(name, *, got):
    told = zip(TESTS, got, strict=False)
    results = [words.TestResult(name=test, verdict=verdict) for test, verdict in told]
    return Row(kind="submission", name=name, state="held", tests=results)


def test_a_letter_for_each_test_and_a_space_between_folders():
    rows = [
        row("accepted/a.py", got=[Verdict.ACCEPTED] * 5),
        row("rejected/long_name.py", got=[Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR]),
        Row(kind="package", name="time limit", state="skipped"),
    ]
    assert matrix(rows, TESTS) == [
        "accepted/a.py          AA AA A",
        "rejected/long_name.py  AW R. .",
    ]


def test_every_verdict_of_a_test_has_a_letter_of_its_own():
    assert set(LETTERS) == set(Verdict) - {Verdict.COMPILE_ERROR}
    assert len(set(LETTERS.values())) == len(LETTERS)
