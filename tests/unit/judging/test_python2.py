import pytest

from judgeline.judging.python2 import sign_of_python_2


@pytest.mark.parametrize(
    ("source", "sign"),
    [
        (b"#!/usr/bin/env python2\nprint(1)\n", "its first line"),
        (b"print 'x'\n", "print without brackets"),
        (b"for i in xrange(3): pass\n", "xrange"),
        (b"x = raw_input()\n", "raw_input"),
        (b"print(1)\n", ""),
        (b"'''\nprint the sum\nraw_input()\n'''\nprint(1)\n", ""),
        (b"try:\n    input = raw_input\nexcept NameError:\n    pass\n", ""),
        (b"xrange = range\nfor i in xrange(3): pass\n", ""),
        (b"x = '\\d'\n", ""),
        (b"print(\n", ""),
        (b"\0", ""),
        (b"(" * 100_000, ""),
    ],
)
def test_signs(source, sign):
    assert sign_of_python_2(source) == sign
