import shutil

import pytest

from judgeline.judging.errors import PackageError
from judgeline.judging.packages import Library
from judgeline.judging.packages import folder as module


@pytest.fixture(autouse=True)
def _always_look(monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)


def test_packages_by_slug(write_package, tmp_path):
    for slug in ("beta", "alpha"):
        write_package(slug=slug)
    (tmp_path / "README.md").write_text("no package")
    (tmp_path / ".git").mkdir()
    library = Library(tmp_path)
    assert [package.slug for package in library.packages()] == ["alpha", "beta"]
    assert library.find("beta").slug == "beta"
    assert library.find("gamma") is None
    assert not library.faults()


def test_one_broken_package_hides_no_other(write_package, tmp_path):
    write_package(slug="good")
    write_package({"problem.yaml": "foo: 1\n"}, slug="bad")
    library = Library(tmp_path)
    assert [package.slug for package in library.packages()] == ["good"]
    assert library.faults() == {"bad": ["problem.yaml: foo: is not a key of this format"]}
    with pytest.raises(PackageError, match="foo"):
        library.find("bad")


@pytest.mark.parametrize(
    "slug", ["..", ".", "", "a/b", "../good", "good/", "GOOD", "good\n", "good\0", "x" * 999]
)
def test_what_is_no_slug_is_not_found(write_package, tmp_path, slug):
    write_package(slug="good")
    assert Library(tmp_path / "good").find(slug) is None
    assert Library(tmp_path).find(slug) is None


def test_a_package_is_read_again_only_when_it_changes(write_package, tmp_path, monkeypatch):
    root = write_package()
    library = Library(tmp_path)
    first = library.find("aplusb")
    assert library.find("aplusb") is first
    (root / "data/secret/1.ans").write_text("8\n")
    assert library.find("aplusb").version != first.version


def test_a_package_that_turns_bad_stays_as_it_was_and_its_faults_are_told(write_package, tmp_path):
    root = write_package()
    library = Library(tmp_path)
    first = library.find("aplusb")
    (root / "problem.yaml").write_text("foo: 1\n")
    assert library.find("aplusb") is first
    assert list(library.faults()) == ["aplusb"]
    (root / "problem.yaml").write_text("name: Mended\n")
    assert library.find("aplusb").name == "Mended"
    assert not library.faults()


def test_a_package_that_is_gone_is_gone(write_package, tmp_path):
    root = write_package()
    library = Library(tmp_path)
    assert library.packages()
    shutil.rmtree(root)
    assert library.find("aplusb") is None
    assert not library.packages()


def test_a_folder_is_not_looked_at_more_than_once_a_second(write_package, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY_S", 3600.0)
    root = write_package()
    library = Library(tmp_path)
    first = library.packages()[0]
    (root / "data/secret/1.ans").write_text("8\n")
    assert library.find("aplusb") is first


def test_no_folder_is_an_empty_library(tmp_path):
    library = Library(tmp_path / "none")
    assert (library.packages(), library.faults(), library.find("x")) == ([], {}, None)
