import os

import pytest

from judgeline.judging.errors import PackageError
from judgeline.judging.packages import load_package
from judgeline.judging.packages import testdata as data
from judgeline.judging.packages import tree as trees


def faults(path) -> list[str]:
    with pytest.raises(PackageError) as caught:
        load_package(path)
    return caught.value.faults


def test_a_legacy_package(write_package):
    package = load_package(write_package())
    assert (package.slug, package.name, package.format) == ("aplusb", "A plus B", "legacy")
    assert [test.name for test in package.tests] == ["sample/1", "secret/1", "secret/2"]
    assert [test.shown for test in package.tests] == [True, False, False]
    assert package.tests[1].input() == b"3 4\n"
    assert (package.limits.time_s, package.limits.time_from, package.limits.memory_mib) == (
        1,
        ".timelimit",
        256,
    )
    assert [(sample.name, sample.input, sample.output) for sample in package.samples()] == [
        ("sample/1", "1 2\n", "3\n")
    ]
    assert package.statement().text() == "Add.\n"
    assert [submission.name for submission in package.submissions] == ["accepted/sum.py"]
    assert not package.warnings


def test_a_package_of_2025_09(write_newer):
    text = """
problem_format_version: 2025-09
type: [pass-fail]
name: {en: Sum, sv: Summa}
uuid: 0b8c
version: "1.0"
credits: {authors: [A, B]}
source: [{name: Cup, url: http://localhost}]
license: cc by-sa
embargo_until: 2030-01-01
keywords: [easy]
languages: all
allow_file_writing: true
limits:
  time_limit: 1.5
  time_multipliers: {ac_to_time_limit: 3, time_limit_to_tle: 1.5}
  code: 64
"""
    files = {
        "problem.yaml": text,
        ".timelimit": None,
        "statement/problem.sv.tex": "\\problemname{Summa}\n",
        "data/secret/1.yaml": "output_validator_args: [float_tolerance, '1e-6']\nargs: ['x']\n",
        "data/secret/test_group.yaml": "output_validator_args: [case_sensitive]\nfull_feedback: true\n",
    }
    package = load_package(write_newer(files))
    assert (package.name, dict(package.names)) == ("Sum", {"en": "Sum", "sv": "Summa"})
    assert (package.limits.time_s, package.limits.time_multiplier, package.limits.code_kib) == (1.5, 3, 64)
    assert [test.checker_args for test in package.tests] == [
        (),
        ("float_tolerance", "1e-6"),
        ("case_sensitive",),
    ]
    assert [test.args for test in package.tests] == [(), ("x",), ()]
    assert all(test.shown for test in package.tests)
    assert package.statement("sv").format == "tex"
    assert package.statement("fi").language == "en"


def test_the_title_of_a_legacy_package_may_stand_in_its_statement(write_package):
    tex = {"problem.yaml": "license: cc0\n", "problem_statement/problem.en.md": None}
    named = load_package(
        write_package({**tex, "problem_statement/problem.tex": "\\problemname{Sum}\nAdd.\n"})
    )
    assert named.name == "Sum"
    plain = load_package(
        write_package({"problem_statement/problem.tex": "%% plainproblemname: x^2\n"}, slug="plain")
    )
    assert plain.name == "A plus B"


def test_every_fault_is_listed_at_once_with_its_path(write_package, tmp_path):
    (tmp_path / "outside").write_text("secret")
    root = write_package(
        {
            "problem.yaml": "name: 3\nlimits: {memory: lots, time_limit: 0, cpu: 1}\n"
            "validation: custom\nfoo: bar\n",
            ".timelimit": "soon\n",
            "data/secret/1.ans": None,
            "data/secret/9.ans": "x",
            "data/secret/testdata.yaml": "on_reject: maybe\ngrading: custom\nx: 1\n",
            "include/default/lib.py": "x",
            "submissions/partially_accepted/a.py": "x",
            "submissions/accepted/b.py": "# @EXPECTED_RESULTS@: PERHAPS\n",
            "problem_statement/problem.de.md": b"\xff",
        }
    )
    (root / "data/secret/2.in").unlink()
    (root / "data/secret/2.in").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "data/secret/3.in")
    listed = "\n".join(faults(root))
    for fault in (
        "problem.yaml: name: must be text, not a number (quote it)",
        "problem.yaml: limits.memory: must be a whole number, not the text 'lots'",
        "problem.yaml: limits.time_limit: must be a number above 0 and at most 300, not 0",
        "problem.yaml: limits.cpu: is not a key of this format",
        "problem.yaml: foo: is not a key of this format",
        "output_validators: holds no validator, but problem.yaml says validation: custom",
        ".timelimit: must be seconds above 0 and at most 300, not 'soon'",
        "data/secret/1.in: has no .ans beside it",
        "data/secret/9.ans: has no .in beside it",
        "data/secret/2.in: is a link that leads out of the package",
        "data/secret/3.in: is neither a file nor a folder",
        "data/secret: holds no test (a pair of .in and .ans)",
        "data/secret/testdata.yaml: on_reject: must be one of break, continue, not 'maybe'",
        "data/secret/testdata.yaml: grading: custom graders are not supported",
        "data/secret/testdata.yaml: x: is not a key of this format",
        "include/default: belongs to the format 2025-09",
        "submissions/partially_accepted: belongs to problems of type: scoring",
        "submissions/accepted/b.py: @EXPECTED_RESULTS@ names 'PERHAPS', which is no result",
        "problem_statement/problem.de.md: is not UTF-8 (byte 0)",
    ):
        assert fault in listed


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("type: best\n", "type: must be one of pass-fail, scoring, not 'best'"),
        (
            "validation: custom interactive\n",
            "interactive problems are refused",
        ),
        ("validation: default score\n", "validation: 'score' needs a validator of the package's own"),
        ("validation: custom score\n", "validation: 'score' belongs to problems of type: scoring"),
        ("validation: [default]\n", "validation: must be text, not a sequence"),
        ("validation: fancy\n", 'validation: must be "default", or "custom"'),
        ("grading: {objective: max}\n", "grading: belongs to problems of type: scoring"),
        ("type: scoring\ngrading: {objective: best}\n", "grading.objective: must be one of max, min"),
        ("type: scoring\ngrading: {fun: 1}\n", "grading.fun: is not a key"),
        ("validator_flags: 'a \"b'\n", "validator_flags: no closing quotation"),
        (
            "validator_flags: float_tolerance\n",
            "data/secret: flags of the default validator: float_tolerance needs",
        ),
        ("problem_format_version: 2099-01\n", "problem_format_version: '2099-01' is not supported"),
        ("license: mine\n", "license: must be one of"),
        ("name: a\nname: b\n", "problem.yaml:2: the key 'name' stands twice"),
        ("1: a\n", "the key 1 is not text"),
        ("a: &x [1]\nb: *x\n", "anchors and aliases are not allowed"),
        ("name: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
        ("[1, 2]\n", "must be a mapping of keys to values, not a sequence"),
        ("a: [\n", "problem.yaml:2: "),
        ("limits: 3\n", "limits: must be a mapping"),
        ("limits: {memory: true}\n", "limits.memory: must be a whole number, not true or false"),
        ("limits: {memory: 1000000}\n", "limits.memory: must be a whole number from 1 and at most 16384"),
        ("limits: {time_limit: .nan}\n", "limits.time_limit: must be a number above 0"),
        ("limits: {time_limit: .inf}\n", "limits.time_limit: must be a number above 0"),
        ("limits: {time_limit: 2}\n", "the time limits contradict one another"),
        ("[" * 5000, "problem.yaml"),
        ("name: " + "x" * 70_000, "is larger than 65536 bytes"),
        (b"name: \xff\n", "is not UTF-8"),
        ("name: \0\n", "is not YAML: "),
    ],
)
def test_a_faulty_problem_yaml(write_package, text, fault):
    assert fault in "\n".join(faults(write_package({"problem.yaml": text})))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            "type: [pass-fail, interactive]",
            "interactive problems are refused",
        ),
        ("type: multi-pass", "multi-pass problems are refused"),
        ("type: submit-answer", "type: 'submit-answer' is refused"),
        ("type: [scoring, pass-fail]", "type: cannot be both pass-fail and scoring"),
        ("type: [submit-answer, interactive]", "type: cannot be both submit-answer and interactive"),
        ("type: [scoring, scoring]", "type: names one twice"),
        ("type: [scoring, 3]", "type: must be one or more of"),
        ("type: []", "type: must be one or more of"),
        ("uuid:", "uuid: is required"),
        ("name:", "name: is required"),
        ("name: {en: x, sv: y}", "statement: the statements and the key name must be in the same languages"),
        ("name: {english: x}", "name.english: is not a language code"),
        ("constants: {x: 1}", "constants: are not supported"),
        ("languages: 3", "languages: must be"),
        (
            "limits: {validation_passes: 2}",
            "validation_passes: belongs to problems of type",
        ),
        ("limits: {time_multipliers: {ac_to_time_limit: 0.5}}", "ac_to_time_limit: must be a number from 1"),
        ("validation: default", "validation: is not a key of this format"),
    ],
)
def test_a_faulty_problem_yaml_of_2025_09(write_newer, changes, fault):
    lines = {"problem_format_version": "2025-09", "name": "x", "uuid": "x"}
    key = changes.partition(":")[0]
    lines.pop(key, None)
    text = "\n".join([*(f"{key}: {value}" for key, value in lines.items()), changes, ""])
    assert fault in "\n".join(faults(write_newer({"problem.yaml": text})))


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"data/secret/g/5.in": "x", "data/secret/g/5.ans": "x"}, "data/secret: holds both tests and groups"),
        ({"data/sample/g/5.in": "x", "data/sample/g/5.ans": "x"}, "data/sample: must not hold groups"),
        ({"data/secret/9.files/a.txt": "x"}, "data/secret/9.files: has no .in beside it"),
        (
            {"data/secret/test_group.yaml": "score_aggregation: sum\n"},
            "score_aggregation: belongs to problems of type: scoring",
        ),
        (
            {"data/secret/test_group.yaml": "max_score: 100\n"},
            "max_score: belongs to problems of type",
        ),
        ({"data/secret/7.yaml": "args: []\n"}, "data/secret/7.yaml: has no .in beside it"),
        ({"data/secret/1.yaml": "args: x\n"}, "data/secret/1.yaml: args: must be a sequence of texts"),
        (
            {"data/secret/1.yaml": "input_validator_args: {v: 3}\n"},
            "input_validator_args.v: must be a sequence",
        ),
        (
            {"data/testdata.yaml": "{}\n", "data/secret/testdata.yaml": "{}\n"},
            "here it is called test_group.yaml",
        ),
        ({"problem_statement/problem.en.md": "x"}, "problem_statement: belongs to another format"),
        ({"output_validators/c/c.py": "x"}, "output_validators: belongs to another format"),
        (
            {"output_validator/build": "x", "output_validator/c.py": "x"},
            "build and run scripts are not supported",
        ),
        ({"static_validator/a.py": "x"}, "static_validator: is not supported"),
    ],
)
def test_a_faulty_layout_of_2025_09(write_newer, files, fault):
    assert fault in "\n".join(faults(write_newer(files)))


def test_no_package_at_all(tmp_path):
    assert faults(tmp_path / "none") == ["problem.yaml: not found: there is no such folder"]
    (tmp_path / "empty").mkdir()
    assert faults(tmp_path / "empty") == [
        "problem.yaml: not found",
        "data/secret: holds no test (a pair of .in and .ans)",
    ]


@pytest.mark.parametrize("slug", ["UPPER", "a b", "-x", "x" * 65, "ünder", "x."])
def test_a_folder_that_is_no_slug(write_package, slug):
    assert "the folder's name" in faults(write_package(slug=slug))[0]


def test_a_link_to_a_package_has_the_links_name(write_package, tmp_path):
    (tmp_path / "alias").symlink_to(write_package())
    assert load_package(tmp_path / "alias").slug == "alias"


def test_too_many_tests(write_package, monkeypatch):
    monkeypatch.setattr(data, "MOST_TESTS", 2)
    assert "data/secret: more than 2 tests in the package: 2 here" in faults(write_package())


def test_too_many_and_too_large_files(write_package, monkeypatch):
    monkeypatch.setattr(trees, "MOST_FILES", 5)
    assert ".: holds more than 5 files" in faults(write_package())
    monkeypatch.setattr(trees, "MOST_FILES", 100)
    monkeypatch.setattr(trees, "MOST_BYTES", 30)
    assert faults(write_package())[0] == ".: holds more than 0 MiB"
    monkeypatch.setattr(trees, "MOST_FILE_BYTES", 4)
    assert "data/secret/1.in" not in str(faults(write_package()))
    assert any(fault.startswith("problem.yaml: is larger than") for fault in faults(write_package()))


def test_too_deep_a_folder_and_a_link_to_its_own_parent(write_package):
    deep = "/".join(["d"] * 20)
    assert "is nested too deeply" in str(faults(write_package({f"data/secret/{deep}/1.in": "x"})))
    root = write_package(slug="loop")
    (root / "data" / "loop").symlink_to("..")
    assert "is nested too deeply, or links to a folder that holds it" in str(faults(root))


def test_a_link_inside_the_package_is_followed(write_package):
    root = write_package()
    (root / "data/secret/3.in").symlink_to("1.in")
    (root / "data/secret/3.ans").symlink_to("../secret/1.ans")
    package = load_package(root)
    assert package.tests[3].input() == b"3 4\n"
    (root / "data/secret/4.in").symlink_to("nowhere")
    assert faults(root) == ["data/secret/4.in: is a link that leads nowhere, or cannot be read"]


def test_data_that_became_a_link_later_is_not_read(write_package, tmp_path):
    package = load_package(write_package())
    path = package.tests[1].input_path
    path.unlink()
    (tmp_path / "outside").write_text("x")
    path.symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="symbolic links"):
        package.tests[1].input()


def test_the_version_changes_with_any_file_and_with_nothing_else(write_package):
    first = load_package(write_package())
    root = write_package()
    os.utime(root / "problem.yaml", (1, 1))
    assert load_package(root).version == first.version
    assert load_package(write_package({"data/secret/2.ans": "12\n"})).version != first.version


def test_files_that_are_not_part_of_a_package_are_ignored(write_package):
    package = load_package(
        write_package(
            {".git/HEAD": "x", "data/secret/a b.in": "x", "data/secret/~1.in": "x", "README.md": "x"}
        )
    )
    assert len(package.tests) == 3
    assert package.warnings == (
        "data/secret/a b.in: is ignored: its name is not allowed",
        "data/secret/~1.in: is ignored: its name is not allowed",
    )


@pytest.mark.parametrize(
    ("ini", "seconds"),
    [("timelimit = 4\n", 4), ("probid='A'\ntimelimit='2.5'\ncolor='#fff'\n", 2.5), ("color=red\n", None)],
)
def test_the_time_limit_of_domjudge(write_package, ini, seconds):
    limits = load_package(write_package({".timelimit": None, "domjudge-problem.ini": ini})).limits
    expected = (seconds, "domjudge-problem.ini") if seconds else (5.0, "default")
    assert (limits.time_s, limits.time_from) == expected


def test_leftovers_of_python_are_no_part_of_a_program(write_package):
    package = load_package(
        write_package(
            {"submissions/accepted/a/main.py": "x", "submissions/accepted/a/__pycache__/m.pyc": "\0"}
        )
    )
    assert list(package.submissions[0].source.files()) == ["main.py"]


def test_groups_of_legacy_tests_take_the_nearest_settings(write_package):
    package = load_package(
        write_package(
            {
                "problem.yaml": "name: x\nvalidator_flags: case_sensitive\n",
                "data/testdata.yaml": "output_validator_flags: space_change_sensitive\n",
                "data/secret/b/testdata.yaml": "input_validator_flags: {name: v, flags: -n 3}\n",
                "data/secret/b/9.in": "x",
                "data/secret/b/9.ans": "x",
            }
        )
    )
    by_name = {test.name: test for test in package.tests}
    assert by_name["secret/1"].checker_args == ("case_sensitive", "space_change_sensitive")
    assert by_name["secret/b/9"].checker_args == ("case_sensitive",)
    assert by_name["secret/b/9"].input_validator_args == {"v": ("-n", "3"), "": ()}


def test_odd_but_harmless_things_are_warned_of(write_package):
    package = load_package(
        write_package(
            {
                "data/secret/notes.txt": "x",
                "problem_statement/problem.en.md": None,
                "output_validators/check.py": "x",
                "submissions/accepted/sum.py": None,
                "submissions/drafts/a.py": "x",
            }
        )
    )
    assert not package.checkers
    assert [warning.partition(": ")[0] for warning in package.warnings] == [
        "problem_statement",
        "data/secret/notes.txt",
        "output_validators",
        "submissions/drafts/a.py",
        "submissions/accepted",
    ]
