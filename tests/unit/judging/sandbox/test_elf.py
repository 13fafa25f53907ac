import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from judgeline.judging.sandbox.elf import static_bytes


def test_a_static_array_is_seen(tmp_path):
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs a C compiler for ELF files")
    (tmp_path / "a.c").write_text("char a[300 << 20]; int main(void) { return a[5]; }")
    subprocess.run([compiler, "-o", tmp_path / "a", tmp_path / "a.c"], check=True)
    assert 300 << 20 <= static_bytes((tmp_path / "a").read_bytes()) < 310 << 20


@pytest.mark.parametrize(
    "content", [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\x02\x01" + b"\xff" * 100, bytes(64)]
)
def test_anything_else_claims_nothing(content):
    assert static_bytes(content) == 0


def test_a_real_program():
    if sys.platform == "linux":
        assert 0 < static_bytes(Path("/bin/true").resolve().read_bytes()) < 10 << 20
