"""Imports: all or nothing, the version in use until the last step, and versions that stay."""

import errno
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from judgeline.judging.errors import FolderInTheWay, PackageError, ProblemsError
from judgeline.judging.packages import Library, importing
from judgeline.judging.packages import folder as folder_module
from judgeline.judging.packages.importing import stage
from judgeline.judging.packages.versions import VERSIONS, kept_versions, package_folder, version_in_use


@pytest.fixture(autouse=True)
def _always_look(monkeypatch):
    monkeypatch.setattr(folder_module, "LOOK_EVERY_S", 0.0)


@pytest.fixture
def problems(tmp_path):
    return tmp_path / "problems"


@pytest.fixture
def add(problems):
    def add(source, slug=""):
        with stage(problems, source, slug) as staged:
            return staged.install()

    return add


def left_over(problems):
    return [path for path in (problems / VERSIONS).iterdir() if path.name.startswith(".new-")]


def test_a_folder_is_taken_in_and_found(write_package, problems, add):
    imported = add(write_package())
    assert (imported.new, imported.replaced) == (True, None)
    found = Library(problems).find("aplusb")
    assert found.version == imported.package.version == version_in_use(problems, "aplusb")
    assert found.path == package_folder(problems, "aplusb", found.version).resolve()
    assert [package.slug for package in Library(problems).packages()] == ["aplusb"]
    assert not left_over(problems)


def test_a_zip_is_the_same_version_as_its_folder(write_package, problems, add, tmp_path):
    root = write_package()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        for path in root.rglob("*"):
            archive.write(path, path.relative_to(root))
    imported = add(tmp_path / "other.zip")
    assert imported.package.slug == "other"
    again = add(tmp_path / "other.zip", "aplusb")
    assert add(root).new is False
    assert again.package.version == imported.package.version


def test_the_same_again_changes_nothing(write_package, problems, add):
    first = add(write_package())
    inode = package_folder(problems, "aplusb", first.package.version).stat().st_ino
    again = add(write_package())
    assert (again.new, again.replaced) == (False, first.package.version)
    assert package_folder(problems, "aplusb", first.package.version).stat().st_ino == inode
    assert len(kept_versions(problems, "aplusb")) == 1
    assert not left_over(problems)


def test_a_new_version_is_in_use_and_the_old_one_is_still_there(write_package, problems, add):
    library = Library(problems)
    old = add(write_package()).package
    assert library.find("aplusb").version == old.version
    new = add(write_package({"data/secret/2.ans": "12\n"}))
    assert new.replaced == old.version
    assert library.find("aplusb").version == new.package.version
    kept = library.find_version("aplusb", old.version)
    assert (kept.version, kept.tests[2].answer()) == (old.version, b"11\n")
    assert library.find("aplusb").tests[2].answer() == b"12\n"
    assert {one.version for one in kept_versions(problems, "aplusb")} == {old.version, new.package.version}


def test_what_runs_reads_its_own_version_to_the_end(write_package, problems, add):
    running = Library(problems)
    add(write_package())
    package = running.find("aplusb")
    add(write_package({"data/secret/2.ans": "12\n"}))
    assert package.tests[2].answer() == b"11\n"


def test_a_version_asked_for_before_it_is_seen_in_use_is_read_once(write_package, problems, add, monkeypatch):
    library = Library(problems)
    add(write_package())
    library.find("aplusb")
    monkeypatch.setattr(folder_module, "LOOK_EVERY_S", 3600.0)
    new = add(write_package({"data/secret/2.ans": "12\n"})).package.version
    found = library.find_version("aplusb", new)
    assert (found.version, library.find("aplusb").version == new) == (new, False)
    monkeypatch.setattr(folder_module, "LOOK_EVERY_S", 0.0)
    assert library.find("aplusb") is found


@pytest.mark.parametrize("version", ["", "0" * 64, "..", "x", "../../aplusb"])
def test_a_version_that_is_not_kept_is_the_one_in_use(write_package, problems, add, version):
    imported = add(write_package())
    assert Library(problems).find_version("aplusb", version).version == imported.package.version
    assert Library(problems).find_version("none", version) is None


def test_a_kept_version_that_somebody_changed_is_not_used_and_can_be_had_again(write_package, problems, add):
    old = add(write_package()).package
    add(write_package({"data/secret/2.ans": "12\n"}))
    (package_folder(problems, "aplusb", old.version) / "data/secret/2.ans").write_text("13\n")
    assert Library(problems).find_version("aplusb", old.version).version != old.version
    add(write_package({"data/secret/2.ans": "11\n"}))
    assert Library(problems).find("aplusb").version == old.version


def test_a_faulty_package_says_all_and_changes_nothing(write_package, problems, add):
    old = add(write_package()).package
    bad = write_package({"problem.yaml": "foo: 1\n", "data/secret/1.ans": None, "data/sample/2.in": "1\n"})
    with pytest.raises(PackageError) as caught:
        add(bad)
    assert len(caught.value.faults) == 3
    assert Library(problems).find("aplusb").version == old.version
    assert not left_over(problems)


def test_links_out_of_a_folder_are_refused_and_those_inside_become_files(write_package, problems, add):
    root = write_package()
    (root / "data/secret/3.in").symlink_to("1.in")
    (root / "data/secret/3.ans").symlink_to("1.ans")
    package = add(root).package
    assert not (package.path / "data/secret/3.in").is_symlink()
    (root / "data/secret/4.in").symlink_to("/etc/hostname")
    (root / "data/secret/4.ans").symlink_to("/etc/hostname")
    with pytest.raises(PackageError, match=r"4\.in: is a link that leads out"):
        add(root)


def test_a_folder_put_there_by_hand_is_not_replaced(write_package, problems, add):
    shutil.copytree(write_package(), problems / "aplusb")
    with pytest.raises(FolderInTheWay, match="by hand"):
        add(write_package({"data/secret/2.ans": "12\n"}))
    assert Library(problems).find("aplusb").tests[2].answer() == b"11\n"
    assert add(write_package(), "other").package.slug == "other"


@pytest.mark.parametrize("slug", ["..", "A", "a/b", ".versions", "a b", "x" * 65])
def test_a_name_that_is_none(write_package, problems, add, slug):
    with pytest.raises(PackageError, match="is no name for a problem"):
        add(write_package(), slug)
    assert not left_over(problems)


def test_what_is_neither_folder_nor_zip(problems, add, tmp_path):
    (tmp_path / "file.zip").write_text("no zip")
    with pytest.raises(PackageError, match="no zip"):
        add(tmp_path / "file.zip")
    os.mkfifo(tmp_path / "pipe")
    descriptor = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        with pytest.raises(PackageError, match="neither a folder nor a zip"):
            add(tmp_path / "pipe")
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("step", ["_copy", "_turn"])
def test_a_full_disk_leaves_the_old_version_in_use(write_package, problems, add, monkeypatch, step):
    old = add(write_package()).package

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(importing, step, full)
    with pytest.raises(ProblemsError, match="No space left"):
        add(write_package({"data/secret/2.ans": "12\n"}))
    assert Library(problems).find("aplusb").version == old.version
    assert not left_over(problems)


def test_an_import_that_is_killed_leaves_the_old_version_in_use(write_package, problems, add, monkeypatch):
    old = add(write_package()).package
    new = write_package({"data/secret/2.ans": "12\n"}, slug="next")
    program = f"""
import os, signal
from pathlib import Path
from judgeline.judging.packages import importing
importing._turn = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with importing.stage(Path({str(problems)!r}), Path({str(new)!r}), "aplusb") as staged:
    staged.install()
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert Library(problems).find("aplusb").version == old.version
    assert add(new, "aplusb").replaced == old.version
    assert Library(problems).find("aplusb").tests[2].answer() == b"12\n"


def test_what_a_killed_import_left_goes_with_a_later_one(write_package, problems, add, monkeypatch):
    add(write_package())
    left = problems / VERSIONS / ".new-left"
    (left / "deep").mkdir(parents=True)
    (problems / VERSIONS / ".new-link").symlink_to("nowhere")
    add(write_package())
    assert left.exists(), "somebody may be at it"
    monkeypatch.setattr(importing, "LEFT_S", -1.0)
    with stage(problems, write_package(), "slow"):
        add(write_package())
        assert len(left_over(problems)) == 1, "one that is at work stays"
    assert not left_over(problems)


def test_two_at_once_are_both_kept(write_package, problems):
    one, two = write_package(slug="one"), write_package({"data/secret/2.ans": "12\n"}, slug="two")
    with stage(problems, one, "sum") as first, stage(problems, two, "sum") as second:
        assert second.install().replaced is None
        assert first.install().replaced == second.package.version
    assert version_in_use(problems, "sum") == first.package.version
    assert len(kept_versions(problems, "sum")) == 2


def test_the_folder_of_problems_may_not_be_written(write_package, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProblemsError, match="cannot take it"), stage(tmp_path / "file", write_package()):
        pass


def test_what_the_caller_raises_is_not_taken_for_the_disk(write_package, problems):
    with pytest.raises(OSError, match="mine"), stage(problems, write_package()):
        raise OSError("mine")
    assert not left_over(problems)


def test_links_that_are_not_ours_name_no_version(problems):
    problems.mkdir()
    for number, target in enumerate([".versions/a/x/a", "/etc", ".versions/b/" + "0" * 64 + "/b"]):
        Path(problems / f"p{number}").symlink_to(target)
        assert version_in_use(problems, f"p{number}") is None
