"""The table of system calls must compile on both machines, though tests run on one."""

import re
from pathlib import Path

import pytest

from judgeline.judging.sandbox import native

GENERIC = Path("/usr/include/asm-generic/unistd.h")  # aarch64 takes its numbers from here


def test_calls_named_outside_the_x86_block_exist_on_aarch64():
    if not GENERIC.exists():
        pytest.skip("the kernel's generic headers are not installed")
    source = (native.SOURCES / "filter.c").read_text()
    everywhere = re.sub(r"#if defined\(__x86_64__\).*?#(?:else|endif)", "", source, flags=re.DOTALL)
    named = set(re.findall(r"\bSYS_(\w+)", everywhere))
    ours = set(re.findall(r"#define SYS_(\w+)", (native.SOURCES / "system.h").read_text()))
    known = set(re.findall(r"#define __NR(?:3264)?_(\w+)", GENERIC.read_text()))
    assert len(named) > 70
    assert named - known - ours == set()


def test_foreign_architectures_are_refused_first():
    source = (native.SOURCES / "filter.c").read_text()
    body = source[source.index("int filter_install_box") :]
    assert body.index("SECCOMP_RET_KILL_PROCESS") < body.index("on_call(")
