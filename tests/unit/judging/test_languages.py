import sys

import pytest

from judgeline.judging import languages as module
from judgeline.judging.errors import LanguageError
from judgeline.judging.languages import Languages

TABLE = """
[shell]
name = "Shell"
file = "main.sh"
tools = { sh = ["nosuchshell", "sh"] }
run = ["{sh}", "{entry}", "--mem={memory_mib}"]

[missing]
name = "Missing"
file = "main.zz"
tools = { zz = ["zz-compiler-that-is-not-here"] }
run = ["{zz}"]
"""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "languages.toml"
    path.write_text(TABLE)
    return path


def test_the_table_that_ships_has_the_languages_and_each_takes_at_most_ten_lines():
    ids = [language.id for language in Languages.load().all()]
    assert ids[:5] == ["python3", "c", "cpp", "javascript", "java"]
    assert len(ids) == 18
    tables = module.TABLE.read_text().split("\n[")[1:]
    assert len(tables) == len(ids)
    assert all(len(table.strip().splitlines()) <= 10 for table in tables)


def test_a_language_of_six_lines_works(table):
    shell = Languages.load(table).find("shell")
    assert shell.available
    assert shell.tools["sh"].endswith("/sh")
    assert shell.run_command("main.sh", "", 64) == [shell.tools["sh"], "/prog/main.sh", "--mem=64"]


def test_an_unknown_language_names_those_there_are(table):
    with pytest.raises(LanguageError, match="no language 'cobol'; there are shell"):
        Languages.load(table).find("cobol")


def test_a_missing_compiler_is_named(table):
    languages = Languages.load(table)
    assert [language.id for language in languages.available()] == ["shell"]
    with pytest.raises(LanguageError, match="zz-compiler-that-is-not-here is not in /usr/local/bin"):
        languages.find("missing")
    assert languages.all()[1].version == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[x]\nname = 1\n", "Expected `str`"), ("[x\n", "line 1"), ("[x]\nnmae = 'x'\n", "nmae")],
)
def test_a_broken_table_is_refused_with_the_reason(tmp_path, text, reason):
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(LanguageError, match=reason) as caught:
        Languages.load(path)
    assert str(path) in str(caught.value)


def test_no_table_is_refused(tmp_path):
    with pytest.raises(LanguageError, match="No such file"):
        Languages.load(tmp_path / "none.toml")


def test_python_is_found_with_its_version_and_never_our_own_environment():
    python = Languages.load().find("python3")
    assert python.version.startswith("3.")
    assert python.label == f"python3 ({python.version})"
    assert not python.tools["python"].startswith(sys.prefix + "/")


def test_an_interpreter_outside_usr_is_shown_to_the_box(monkeypatch):
    monkeypatch.setattr(module, "SEARCHED", ("/nowhere",))
    monkeypatch.setattr(module.sys, "_base_executable", "/opt/python/bin/python3")
    python = Languages.load().find("python3")
    assert python.tools["python"] == "/opt/python/bin/python3"
    assert python.binds == (sys.base_prefix,)


def test_a_version_is_asked_for_once(monkeypatch, table):
    module._version.cache_clear()
    calls = []
    monkeypatch.setattr(
        module.subprocess, "run", lambda *args, **_: calls.append(args) or _done("tool 1.2.3")
    )
    shell = Languages.load(table).find("shell")
    assert (shell.version, shell.version) == ("1.2.3", "1.2.3")
    assert len(calls) == 1
    module._version.cache_clear()


class _done:  # noqa: N801  stands for a finished process
    def __init__(self, stdout):
        self.stdout = stdout
        self.stderr = ""


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("g++ (Debian 12.2.0-14+deb12u1) 12.2.0", "12.2.0"),
        ("v20.20.2", "20.20.2"),
        ("openjdk 17.0.15 2025", "17.0.15"),
    ],
)
def test_versions_as_tools_say_them(monkeypatch, said, version):
    module._version.cache_clear()
    monkeypatch.setattr(module.subprocess, "run", lambda *_, **__: _done(said))
    assert module._version(("/usr/bin/tool", "--version")) == version
    module._version.cache_clear()


def test_static_only_where_the_archives_are(monkeypatch):
    languages = Languages.load()
    try:
        cpp = languages.find("cpp")
    except LanguageError:
        pytest.skip("g++ is not here")
    for found in (True, False):
        monkeypatch.setattr(module, "_has_archives", lambda *_, found=found: found)
        assert ("-static" in cpp.compile_commands(["main.cpp"], "main.cpp", "")[0]) is found


def test_the_ending_of_a_file_names_its_language():
    languages = Languages.load()
    named = {
        name: getattr(languages.of_file(name), "id", None) for name in ("a.py", "b.C", "b.c", "c.cc", "d.txt")
    }
    assert named == {"a.py": "python3", "b.C": "cpp", "b.c": "c", "c.cc": "cpp", "d.txt": None}


def test_a_link_that_leaves_usr_is_followed_to_where_the_box_can_see_it(tmp_path, monkeypatch):
    real = tmp_path / "usr" / "lib" / "tool"
    real.parent.mkdir(parents=True)
    real.write_text("")
    alternative = tmp_path / "etc" / "tool"
    alternative.parent.mkdir()
    alternative.symlink_to(real)
    outward = tmp_path / "usr" / "tool"
    outward.symlink_to(alternative)
    inward = tmp_path / "usr" / "alias"
    inward.symlink_to("lib/tool")
    monkeypatch.setattr(module, "SHOWN", (str(tmp_path / "usr"),))
    assert module._tool(str(outward)) == str(real)
    assert module._tool(str(inward)) == str(inward)


def test_folders_a_language_needs_are_bound_where_they_are(tmp_path):
    (tmp_path / "jdk-17").mkdir()
    table = tmp_path / "languages.toml"
    table.write_text(TABLE.replace("[missing]", f'binds = ["{tmp_path}/jdk-*", "/nowhere/*"]\n\n[missing]'))
    assert Languages.load(table).find("shell").binds == (f"{tmp_path}/jdk-17",)
