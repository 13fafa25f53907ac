import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judgeline.judging.compare import Flags, compare


def right(output: bytes, answer: bytes, *flags: str) -> bool:
    return not compare(output, answer, Flags.parse(flags))


@pytest.mark.parametrize(
    ("output", "answer", "flags", "accepted"),
    [
        (b"1 2 3", b"1\n2\n3\n", "", True),
        (b" 1\t2\r\n\x0b\x0c3", b"1 2 3", "", True),
        (b"1 2", b"1 2 3", "", False),
        (b"1 2 3 4", b"1 2 3", "", False),
        (b"", b"\n", "", True),
        (b"\xc2\xa01", b"1", "", False),
        (b"YES", b"yes", "", True),
        (b"YES", b"yes", "case_sensitive", False),
        (b"\xc3\x89", b"\xc3\xa9", "", False),
        (b"0.10", b"0.1", "", False),
        (b"a  b\n", b"a b\n", "space_change_sensitive", False),
        (b"a b", b"a b\n", "space_change_sensitive", False),
        (b"\na b\n", b"a b\n", "space_change_sensitive", False),
        (b"A b\n", b"a b\n", "space_change_sensitive", True),
        (b"3.14000000e-2", b"0.0314", "float_tolerance 1e-9", True),
        (b"1.000001", b"1", "float_tolerance 1e-6", True),
        (b"1.00001", b"1", "float_tolerance 1e-6", False),
        (b"1000001", b"1000000", "float_relative_tolerance 1e-6", True),
        (b"0.000001", b"0", "float_relative_tolerance 1e-6", False),
        (b"0.000001", b"0", "float_absolute_tolerance 1e-6", True),
        (b"1000001", b"1000000", "float_absolute_tolerance 1e-6", False),
        (b"-0", b"0", "float_tolerance 0", True),
        (b".5 5. +5E0", b"0.5 5 5", "float_tolerance 0", True),
        (b"x", b"1", "float_tolerance 1", False),
        (b"1", b"x", "float_tolerance 1", False),
        (b"X", b"x", "float_tolerance 1", True),
    ],
)
def test_the_formats_rules(output, answer, flags, accepted):
    assert right(output, answer, *flags.split()) is accepted


@pytest.mark.parametrize(
    "token", [b"nan", b"inf", b"-Infinity", b"0x1", b"1_0", b"1e", b".", b"1f", b"\xd9\xa1"]
)
def test_what_the_grammar_does_not_name_is_no_number(token):
    assert not right(token, b"1", "float_tolerance", "1e9")


def test_an_answer_past_the_largest_double_accepts_not_everything():
    assert not right(b"5", b"1e999", "float_tolerance", "1e-6")
    assert right(b"1e999", b"1e999", "float_tolerance", "1e-6")


def test_a_number_of_a_million_digits_is_refused_quickly():
    assert not right(b"1" * 10**6, b"1", "float_tolerance", "1e-6")


def test_thirty_digits_on_both_sides_of_the_point_are_numbers():
    assert right(b"1" * 30 + b"." + b"1" * 30, b"1" * 30, "float_relative_tolerance", "1e-9")


def test_nul_bytes_and_broken_text_are_compared_as_bytes():
    assert right(b"\0\xff 1", b"\0\xff\n1")
    assert not right(b"\0\xff", b"\0\xfe")


def test_tokens_and_spaces_longer_than_a_block_are_not_cut():
    long = b"x" * 200_000
    assert right(long + b"\n" * 200_000 + b"y", long + b" y")
    assert not right(long + b"x y", long + b" y")
    assert right(long + b" " * 200_000 + b"y", long + b" " * 200_000 + b"y\n", "case_sensitive")
    assert not right(long + b" " * 200_000 + b"y", long + b" " * 199_999 + b"y", "space_change_sensitive")


def test_a_line_of_100_mb_is_judged():
    assert compare(b"x" * 10**8, b"1", Flags()).startswith("line 1, column 1 (token 1): expected 1, got xxx")


@pytest.mark.parametrize(
    ("output", "answer", "flags", "reason"),
    [
        (b"1 2 8", b"1 2 7", "", "line 1, column 5 (token 3): expected 7, got 8"),
        (b"1", b"1 2", "", "line 1, column 2 (token 2): expected 2, got the end of the output"),
        (b"1 2", b"1", "", "line 1, column 3 (token 2): expected the end of the output, got 2"),
        (b"\x1b[2J", b"1", "", r"line 1, column 1 (token 1): expected 1, got '\x1b[2J'"),
        (
            b"1 2\n\n \xc3\xa4\xc3\xb6 x\n",
            b"1 2 \xc3\xa4\xc3\xb6 y",
            "",
            "line 3, column 5 (token 4): expected y, got x",
        ),
        (b"1\n2\n", b"1 2 3", "", "line 3, column 1 (token 3): expected 3, got the end of the output"),
        (b"z" * 100, b"1", "", f"line 1, column 1 (token 1): expected 1, got {'z' * 40}..."),
        (b"a b  d", b"a b c", "space_change_sensitive", "line 1, column 4 (token 3): expected ' ', got '  '"),
    ],
)
def test_the_first_difference_is_told(output, answer, flags, reason):
    assert compare(output, answer, Flags.parse(flags.split())) == reason


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ("float_tolerance", "needs a number"),
        ("float_tolerance nan", "needs a number"),
        ("float_tolerance -1", "needs a number"),
        ("float_tolerance 1e999", "needs a number"),
        ("float_tolerance 1 float_tolerance 1", "twice"),
        ("float_tolerance 1 float_absolute_tolerance 1", "beside"),
        ("case_insensitive", "no flag"),
    ],
)
def test_flags_that_make_no_sense_are_refused(flags, reason):
    with pytest.raises(ValueError, match=reason):
        Flags.parse(flags.split())


words = st.lists(
    st.tuples(st.sampled_from([b" ", b"\n", b"\t ", b""]), st.sampled_from([b"a", b"bb", b"1.0"]))
)


@settings(derandomize=True, database=None, deadline=None)
@given(words, words)
def test_equal_to_splitting_at_spaces(left, right_):
    output, answer = (b"".join(itertools.chain.from_iterable(parts)) for parts in (left, right_))
    assert right(output, answer) is (output.split() == answer.split())
    runs = re.compile(rb"\s+|\S+")
    same = runs.findall(output) == runs.findall(answer)
    assert right(output, answer, "space_change_sensitive") is same
