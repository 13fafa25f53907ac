"""The cache of builds: what is kept, what is believed, how much of it."""

import os
import threading

import msgspec
import pytest

from judgeline.judging.buildcache import BuildCache, KeptBuild, build_key, open_cache
from judgeline.judging.compile import build
from judgeline.judging.languages import Languages
from judgeline.judging.packages.package import PackageLimits
from judgeline.judging.program import Sources

KEY = "0" * 64
BUILD = KeptBuild({"main": (b"\x7fELF", 0o555)}, "a warning\n", "")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "builds"


@pytest.fixture
def cache(folder):
    return BuildCache(folder, 1 << 30)


def test_what_was_kept_comes_back_whole_in_another_process_too(cache, folder):
    assert cache.get(KEY) is None
    cache.put(KEY, BUILD)
    assert cache.get(KEY) == BUILD
    assert BuildCache(folder, 1 << 30).get(KEY) == BUILD
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (cache.hits, cache.misses) == (1, 1)


@pytest.mark.parametrize("at", [0, 31, 32, 40, -1])
def test_one_changed_byte_is_a_build_that_is_not_there(cache, folder, at):
    cache.put(KEY, BUILD)
    content = bytearray((folder / KEY).read_bytes())
    content[at] ^= 1
    (folder / KEY).write_bytes(content)
    assert cache.get(KEY) is None
    assert not (folder / KEY).exists()


@pytest.mark.parametrize("length", [0, 5, 32, 36])
def test_a_torn_file_is_not_believed(cache, folder, length):
    cache.put(KEY, BUILD)
    os.truncate(folder / KEY, length)
    assert cache.get(KEY) is None


def test_another_builds_content_under_a_key_is_not_believed(cache, folder):
    cache.put(KEY, BUILD)
    other = "1" * 64
    (folder / KEY).rename(folder / other)
    assert cache.get(other) is None


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/etc/passwd")])
def test_what_is_no_file_is_not_read(cache, folder, make):
    folder.mkdir()
    make(folder / KEY)
    assert cache.get(KEY) is None


def test_a_folder_that_others_may_write_keeps_nothing(cache, folder):
    folder.mkdir()
    folder.chmod(0o777)
    cache.put(KEY, BUILD)
    assert list(folder.iterdir()) == []


def test_where_nothing_can_be_kept_nothing_is_said(tmp_path):
    (tmp_path / "builds").write_text("a file where the folder should be")
    cache = BuildCache(tmp_path / "builds", 1 << 30)
    cache.put(KEY, BUILD)
    assert cache.get(KEY) is None


def test_the_oldest_go_when_there_are_too_many_bytes(folder):
    cache = BuildCache(folder, 1 << 20)
    for number in range(100):
        cache.put(f"{number:064}", KeptBuild({"main": (bytes(20_000), 0o555)}, "", ""))
        os.utime(folder / f"{number:064}", (number, number))
        if number == 5:
            assert cache.get(f"{3:064}") is not None  # used again: it is young now
    held = sum(path.stat().st_size for path in folder.iterdir())
    assert held <= (1 << 20) * 17 // 16
    assert cache.get(f"{99:064}") is not None
    assert cache.get(f"{3:064}") is not None
    assert cache.get(f"{4:064}") is None


def test_one_that_is_too_large_is_not_kept(folder):
    cache = BuildCache(folder, 1 << 20)
    cache.put(KEY, KeptBuild({"main": (bytes(100_000), 0o555)}, "", ""))
    assert cache.get(KEY) is None


def test_many_at_once_read_whole_builds_or_none(folder):
    wrong = []

    def work(number):
        cache = BuildCache(folder, 1 << 20)
        for step in range(100):
            key = f"{step % 7:064}"
            cache.put(key, KeptBuild({"main": (bytes([step % 7]) * 30_000, 0o555)}, "", ""))
            found = cache.get(key)
            if found is not None and found.files["main"][0] != bytes([step % 7]) * 30_000:
                wrong.append((number, step))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_nought_is_no_cache(folder):
    assert open_cache(folder, 0) is None
    assert open_cache(folder, 1) is not None


def test_the_key_is_another_for_all_that_makes_another_program():
    language = Languages.load().find("c")
    sources = Sources.of_text(language, b"int main;")
    commands = [["gcc", "-O2"]]
    limits = PackageLimits()
    keys = {
        build_key(language, commands, sources, limits),
        build_key(language, [["gcc", "-O3"]], sources, limits),
        build_key(language, commands, Sources.of_text(language, b"int main; "), limits),
        build_key(language, commands, Sources(files={"a.c": b"int main;"}, entry="a.c"), limits),
        build_key(language, commands, sources, msgspec.structs.replace(limits, compilation_time_s=1)),
        build_key(Languages.load().find("python3"), commands, sources, limits),
        build_key(
            msgspec.structs.replace(language, tools={"gcc": "/usr/bin/cc-2"}), commands, sources, limits
        ),
    }
    assert len(keys) == 7
    assert build_key(language, commands, sources, limits) in keys


def test_a_source_that_was_compiled_once_meets_no_compiler_again(scripted, outcome, cache):
    language = Languages.load().find("c")
    sources = Sources.of_text(language, b"int main(void) { return 0; }")
    first = scripted([outcome(stderr=b"main.c:1: warning\n", files={"main": b"\x7fELF"})]).open()
    built = build(first, language, sources, PackageLimits(), cache)
    again = build(scripted([]).open(), language, sources, PackageLimits(), cache)
    assert again == built
    assert again.program.files == {"main": (b"\x7fELF", 0o555)}
    assert again.output == "main.c:1: warning\n"


@pytest.mark.parametrize("failed", [{"exit_code": None, "signal": 9}, {"exit_code": 1}])
def test_what_failed_is_not_kept_for_a_busy_host_fails_too(scripted, outcome, cache, failed):
    language = Languages.load().find("c")
    sources = Sources.of_text(language, b"int main(")
    assert build(scripted([outcome(**failed)]).open(), language, sources, PackageLimits(), cache).why
    better = scripted([outcome(files={"main": b"\x7fELF"})]).open()
    assert build(better, language, sources, PackageLimits(), cache).program is not None


def test_a_language_that_leaves_no_files_runs_its_sources_from_the_cache_too(scripted, outcome, cache):
    language = Languages.load().find("python3")
    sources = Sources.of_text(language, b"print(1)")
    build(scripted([outcome()]).open(), language, sources, PackageLimits(), cache)
    built = build(scripted([]).open(), language, sources, PackageLimits(), cache)
    assert built.program.files == {"main.py": (b"print(1)", 0o444)}
