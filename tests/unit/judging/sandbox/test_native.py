import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox import native
from judgeline.judging.sandbox.doctor import diagnose

needs_compiler = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs a C compiler on Linux"
)


@pytest.fixture
def no_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_missing_compiler_is_named_with_its_cure(no_compiler, tmp_path):
    with pytest.raises(SandboxError) as caught:
        native.ensure_helper(tmp_path)
    assert "no C compiler" in caught.value.reason
    assert caught.value.cure == "sudo apt-get install gcc libc6-dev"


def test_a_compiler_that_cannot_be_started_is_named(no_compiler, tmp_path):
    (tmp_path / "cc").write_bytes(b"\x7fELF and no more")
    (tmp_path / "cc").chmod(0o755)
    with pytest.raises(SandboxError, match=r"cannot run .*/cc: "):
        native.ensure_helper(tmp_path / "cache")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the platform is found missing before")
def test_the_doctor_stops_at_what_is_missing(no_compiler, tmp_path):
    platform, compiler = diagnose(tmp_path)
    assert (platform.name, platform.ok) == ("platform", True)
    assert (compiler.name, compiler.ok, compiler.cure) == ("compiler", False, native.NO_COMPILER)


@needs_compiler
def test_the_helper_is_built_once_by_many(tmp_path):
    cache = tmp_path / "deep" / "cache"
    with ThreadPoolExecutor(3) as pool:
        paths = set(pool.map(lambda _: native.ensure_helper(cache), range(3)))
    (helper,) = paths
    assert [entry.name for entry in cache.iterdir()] == [helper.name]
    before = helper.stat().st_mtime_ns
    assert native.ensure_helper(cache) == helper
    assert helper.stat().st_mtime_ns == before


@needs_compiler
def test_other_sources_or_flags_make_another_helper(tmp_path, monkeypatch):
    first = native._fingerprint("cc", native.HELPER)
    monkeypatch.setattr(native, "FLAGS", (*native.FLAGS, "-g"))
    second = native._fingerprint("cc", native.HELPER)
    sources = tmp_path / "native"
    shutil.copytree(native.SOURCES, sources)
    (sources / "wire.h").write_text("/* changed */")
    monkeypatch.setattr(native, "SOURCES", sources)
    assert len({first, second, native._fingerprint("cc", native.HELPER)}) == 3


@needs_compiler
def test_a_compiler_that_fails_is_quoted_and_leaves_nothing(tmp_path, monkeypatch):
    sources = tmp_path / "native"
    sources.mkdir()
    (sources / "a.c").write_text("int main(void) { return oops; }")
    broken = msgspec.structs.replace(native.HELPER, sources=[sources / "a.c"])
    monkeypatch.setattr(native, "HELPER", broken)
    cache = tmp_path / "cache"
    with pytest.raises(SandboxError, match="oops"):
        native.ensure_helper(cache)
    assert list(cache.iterdir()) == []


@needs_compiler
def test_a_helper_that_others_could_have_written_is_not_run(tmp_path):
    helper = native.ensure_helper(tmp_path)
    helper.chmod(0o777)
    with pytest.raises(SandboxError, match="written by others"):
        native.ensure_helper(tmp_path)


@needs_compiler
def test_a_helper_that_others_could_replace_is_not_run(tmp_path):
    native.ensure_helper(tmp_path)
    tmp_path.chmod(0o777)
    with pytest.raises(SandboxError, match="written by others"):
        native.ensure_helper(tmp_path)


@needs_compiler
def test_the_compiler_needs_no_place_but_the_cache(tmp_path, monkeypatch):
    tools = tmp_path / "tools"
    tools.mkdir()
    cache = tmp_path / "cache"
    wrapper = f'#!/bin/sh\n[ "$1" = --version ] || case $TMPDIR in {cache}/*) ;; *) exit 1;; esac\n'
    (tools / "cc").write_text(f'{wrapper}exec {shutil.which("cc")} "$@"\n')
    (tools / "cc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    assert native.ensure_helper(cache).exists()


@needs_compiler
def test_the_sources_compile_without_a_warning(tmp_path):
    sources = sorted(native.SOURCES.glob("*.c"))
    strict = ["-Werror", "-Wconversion", "-Wshadow", "-fsyntax-only"]
    for source in sources:
        subprocess.run(["cc", *native.FLAGS, *strict, str(source)], check=True)
