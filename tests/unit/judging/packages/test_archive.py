"""Zips that hold a package, and zips that want something else: nothing is written outside, or too much."""

import io
import stat
import struct
import zipfile

import pytest

from judgeline.judging.errors import PackageError
from judgeline.judging.packages import archive as module
from judgeline.judging.packages.archive import unpack


def zipped(entries, **options):
    """Give a zip of (name or ZipInfo, content) pairs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    file.seek(0)
    return file


def special(name, mode, content=b""):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = mode << 16
    return (entry, content)


@pytest.fixture
def faults(tmp_path):
    """Unpack what is refused; give its faults."""

    def ask(file):
        into = tmp_path / "deep" / "into"
        into.mkdir(parents=True)
        with pytest.raises(PackageError) as caught:
            unpack(file, "bad.zip", into)
        assert caught.value.package == "bad.zip"
        assert [path.name for path in tmp_path.rglob("*") if into not in path.parents] == ["deep", "into"]
        return caught.value.faults

    return ask


def test_a_package_at_the_top(tmp_path):
    file = zipped([("problem.yaml", "name: x\n"), ("data/sample/1.in", b"1\n"), ("data/empty/", b"")])
    assert unpack(file, "a.zip", tmp_path) == ""
    assert (tmp_path / "data/sample/1.in").read_bytes() == b"1\n"
    assert (tmp_path / "data/empty").is_dir()


def test_a_package_in_one_folder(tmp_path):
    junk = ("__MACOSX/sum/._problem.yaml", "x")
    file = zipped([("sum/", ""), ("sum/problem.yaml", "name: x\n"), junk])
    assert unpack(file, "a.zip", tmp_path) == "sum"
    assert [path.name for path in tmp_path.iterdir()] == ["problem.yaml"]


def test_every_bad_name_is_a_fault_of_its_own(faults):
    names = ["/etc/passwd", "../up", "a/../../up", "a//b", "./a", "C:/x", "a\nb", "x" * 300, "d/" * 40 + "f"]
    told = faults(zipped([(name, "x") for name in names] + [("problem.yaml", "name: x\n")]))
    assert len(told) == len(names)
    assert "../up: is a path that leads out of the package, or in circles" in told
    assert "/etc/passwd: is no path inside a package" in told


def test_a_backslash_is_no_way_out(faults):
    file = zipped([("a\\..\\..\\b", "x")])
    assert "is no path inside a package" in faults(file)[0]


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        (stat.S_IFLNK | 0o777, "is a link"),
        (stat.S_IFCHR | 0o600, "is neither a file nor a folder"),
        (stat.S_IFBLK | 0o600, "is neither a file nor a folder"),
        (stat.S_IFIFO | 0o600, "is neither a file nor a folder"),
        (stat.S_IFSOCK | 0o600, "is neither a file nor a folder"),
        (stat.S_IFDIR | 0o700, "is called a file and is a folder"),
    ],
)
def test_only_files_and_folders(faults, mode, fault):
    assert faults(zipped([special("data/x", mode, b"/etc/passwd")])) == [f"data/x: {fault}"]


def test_twice_the_same_and_a_file_as_a_folder(faults):
    with pytest.warns(UserWarning, match="Duplicate"):
        file = zipped([("a", "1"), ("a", "2"), ("b", "1"), ("b/c", "1")])
    assert faults(file) == ["a: is there twice", "b: is a file and a folder"]


def test_an_encrypted_entry(faults):
    data = bytearray(zipped([("a", "1")]).getvalue())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + at] |= 1
    assert faults(io.BytesIO(data)) == ["a: is encrypted"]


def test_another_method(faults):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", "1")
    assert faults(file) == ["a: is packed by a method other than deflate"]


def test_a_bomb_is_refused_before_it_goes_off(faults, monkeypatch):
    file = zipped([(f"{number}", bytes(24 << 20)) for number in range(2)])
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert faults(file) == [f".: swells to more than {module.MOST_RATIO} times its size"]


def test_too_many_bytes_and_too_many_files(faults, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    monkeypatch.setattr(module, "MOST_FILES", 2)
    told = faults(zipped([(f"{number}", "12345") for number in range(4)]))
    assert told == [".: holds more than 2 files", ".: holds more than 0 MiB"]


def test_a_directory_too_large_to_be_read(faults, monkeypatch):
    monkeypatch.setattr(zipfile, "ZipFile", None)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 60_000, 60_000, 46 * 60_000, 0, 0)
    assert "holds more than 20000 files" in faults(io.BytesIO(bytes(46 * 60_000) + end))[0]


def test_a_zip64(faults):
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 46, 0, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    assert "zip64" in faults(io.BytesIO(bytes(100) + locator + end))[0]


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all" * 10, b"PK\5\6" + b"\xff" * 18])
def test_no_zip(faults, data):
    assert faults(io.BytesIO(data))[0].startswith(".: is not an archive that can be read")


def test_content_that_is_damaged(faults):
    data = bytearray(zipped([("a", b"0123456789" * 100)]).getvalue())
    data[data.index(b"PK\3\4") + 35] ^= 0xFF
    assert faults(io.BytesIO(data))[0].startswith("a: cannot be unpacked")


def test_an_entry_that_lies_of_its_size_gives_no_more_than_it_says(tmp_path):
    data = bytearray(zipped([("problem.yaml", b"x" * 1000)]).getvalue())
    for mark, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<L", data, data.index(mark) + at, 10)
    with pytest.raises(PackageError, match="cannot be unpacked"):
        unpack(io.BytesIO(data), "a.zip", tmp_path)
    assert (tmp_path / "problem.yaml").stat().st_size <= 10
