from pathlib import Path

import pytest

from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox import layout


def test_the_tree_holds_programs_and_nothing_of_the_host_s_own():
    steps = layout.steps()
    sources = {step[1] for step in steps if step[0] in "bn"}
    assert "/usr" in sources
    assert {f"/dev/{name}" for name in ("null", "full", "random", "urandom")} <= sources
    for place in ("/", "/etc", "/home", "/root", "/var", "/run", "/sys", "/tmp", "/proc", "/dev"):
        assert place not in sources
    assert all(not step[-1].startswith("/") or step[0] in "fb" for step in steps)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/usr/share/problems/aplusb", True),
        ("/usr/src/app/problems", False),
        ("/usr/srcs", True),
        ("/var/lib/judgeline", False),
        ("/home/judge", False),
        ("/var/../usr/lib/x", True),
        ("/opt/python/lib/x", True),
        ("/opt/pythons", False),
    ],
)
def test_what_a_box_shows_of_the_host(path, shown):
    assert layout.shows(Path(path), ["/opt/python"]) is shown


def test_a_link_does_not_hide_what_a_box_shows(tmp_path):
    (tmp_path / "link").symlink_to("/usr/share")
    assert layout.shows(tmp_path / "link" / "problems")
    assert not layout.shows(tmp_path)


def test_binds_stand_at_their_own_paths_once():
    steps = layout.steps(["/etc/", "//etc", "/etc/alternatives", "/usr/lib", "/usr"])
    assert [step for step in steps if step[2:] == ("etc",)] == [("b", "/etc", "etc")]
    assert not [step for step in steps if "/usr/lib" in step]


@pytest.mark.parametrize(
    "bind",
    [
        "/",
        "relative",
        "/tmp/x",
        "/proc",
        "/dev",
        "/prog/x",
        "/sys",
        "/etc/../tmp",
        "//tmp",
        "/a\0b",
        "/no/such",
    ],
)
def test_binds_that_cannot_be_are_refused(bind):
    with pytest.raises(SandboxError):
        layout.steps([bind])
