import pytest

from judgeline.judging.words import amount, ending, one_line


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"exit_code": 3}, "exited with code 3"),
        (
            {"signal": 11},
            "was killed by SIGSEGV: it touched memory that it does not own, or its stack ran over",
        ),
        ({"signal": 64}, "was killed by SIGRTMAX"),
        ({"signal": 200}, "was killed by signal 200"),
    ],
)
def test_how_a_run_ended(outcome, fields, words):
    assert ending(outcome(**fields)) == words


def test_amounts_have_no_trailing_noughts():
    assert [amount(value) for value in (1.0, 0.25, 10, 1.23456)] == ["1", "0.25", "10", "1.235"]


def test_the_last_line_that_says_anything():
    assert one_line(b"Traceback\n  File\nZeroDivisionError: x\n\n", 200) == "ZeroDivisionError: x"
    assert one_line(b"\x1b[31mred\xff", 200) == "\ufffd[31mred\ufffd"
    assert one_line(b"a" * 50, 10) == "aaaaaaa..."
    assert one_line(b"", 10) == ""
