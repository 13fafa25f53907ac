import pytest

from judgeline.judging.compile import MOST_OUTPUT, build, source_fault
from judgeline.judging.languages import Languages
from judgeline.judging.packages.package import PackageLimits
from judgeline.judging.program import Sources
from judgeline.judging.sandbox.box import Stopped

LIMITS = PackageLimits(compilation_time_s=10, compilation_memory_mib=512)


@pytest.fixture(scope="module")
def languages():
    return {language.id: language for language in Languages.load().all()}


@pytest.fixture
def compiled(scripted, languages):
    """Compile with a scripted compiler: (build, the box's runs)."""

    def compile_(language, source, *script):
        box = scripted(script).open()
        found = languages[language]
        return build(box, found, Sources.of_text(found, source), LIMITS), box.runs

    return compile_


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "the source is empty"),
        (b" \n\t", "the source is empty"),
        (b"int main(){\0}", "the source holds a NUL byte (at byte 11)"),
        (b"int x; // \xff", "the source is not UTF-8 (at byte 10)"),
        ("x = '\ud800'".encode("utf-8", "surrogatepass"), "the source is not UTF-8 (at byte 5)"),
        (b"x" * 101, "the source is 101 bytes, more than the 100 allowed"),
        (b"x" * 100, ""),
    ],
)
def test_a_source_that_no_compiler_need_see(source, reason):
    assert source_fault(source, 100) == reason


def test_what_the_compiler_left_is_the_program(compiled, outcome):
    built, runs = compiled(
        "cpp", b"int main(){}", outcome(files={"main": b"ELF"}, stderr=b"main.cpp:1:1: warning: x")
    )
    assert built.program.files == {"main": (b"ELF", 0o555)}
    assert built.output == "main.cpp:1:1: warning: x"
    command = runs[0][0]
    assert dict(command.files) == {"main.cpp": b"int main(){}"}
    assert (command.limits.cpu_ms, command.limits.memory_bytes) == (10_000, 512 << 20)


def test_sources_are_the_program_where_the_compiler_only_checks(compiled, outcome):
    built, runs = compiled("python3", b"print(1)", outcome())
    assert built.program.files == {"main.py": (b"print(1)", 0o444)}
    assert len(runs) == 1


def test_commands_that_hand_files_on_share_one_run(compiled, outcome):
    built, runs = compiled("java", b"public class Solve {}", outcome(files={"main.jar": b"PK"}))
    assert built.program.main_class == "Solve"
    assert list(runs[0][0].argv)[:3] == ["/bin/sh", "-e", "-c"]
    assert not runs[0][0].limits.address_space


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"exit_code": 1}, "the compiler refused the source"),
        ({"signal": 9, "stopped": Stopped.CPU}, "the compiler used more than 10 s"),
        ({"signal": 9, "stopped": Stopped.WALL}, "the compiler ran for more than 25 s"),
        ({"signal": 9, "stopped": Stopped.MEMORY}, "the compiler needed more than 512 MiB of memory"),
        ({"signal": 9, "stopped": Stopped.OUTPUT}, "the compiler printed more than 1 MiB of messages"),
        ({"signal": 11}, "the compiler was killed by SIGSEGV"),
        ({"exit_code": 0}, "the compiler left no program"),
    ],
)
def test_why_there_is_no_program(compiled, outcome, fields, why):
    built, _ = compiled("c", b"int main;", outcome(stderr=b"said", **fields))
    assert built.program is None
    assert built.why.startswith(why)
    assert built.output == "said"


def test_the_compilers_words_are_cut_and_name_the_users_file(compiled, outcome):
    words = b"/tmp/main.c:1:1: error: \0\xff in /usr/include/x.h\n" + b"y" * MOST_OUTPUT
    built, _ = compiled("c", b"int main;", outcome(exit_code=1, stderr=words))
    assert built.output.startswith("main.c:1:1: error: \ufffd\ufffd in /usr/include/x.h\n")
    assert built.output.endswith("(the rest is cut off)\n")
    assert len(built.output) < MOST_OUTPUT + 100
