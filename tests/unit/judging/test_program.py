import pytest

from judgeline.judging.languages import Languages
from judgeline.judging.program import Program, Sources, language_of
from judgeline.judging.sandbox.box import Limits


@pytest.fixture(scope="module")
def languages():
    return {language.id: language for language in Languages.load().all()}


def test_one_file_is_called_as_the_language_wants(languages):
    assert Sources.of_text(languages["cpp"], b"int main(){}").entry == "main.cpp"
    java = Sources.of_text(languages["java"], b"package p; public class Solve {}")
    assert (java.entry, java.main_class) == ("Solve.java", "p.Solve")


def test_a_folder_of_c_is_compiled_together_without_its_headers(languages):
    sources = Sources.of_files(languages["cpp"], {"b.cpp": b"", "a.cc": b"", "x.h": b""})
    assert sources.compiled(languages["cpp"]) == ["a.cc", "b.cpp"]


def test_a_folder_of_python_starts_in_its_main_file(languages):
    python = languages["python3"]
    assert (
        Sources.of_files(python, {"__main__.py": b"", "__init__.py": b"", "z.py": b""}).entry == "__main__.py"
    )
    assert Sources.of_files(python, {"only.py": b"", "words.txt": b""}).entry == "only.py"
    with pytest.raises(ValueError, match="cannot be told"):
        Sources.of_files(python, {"a.py": b"", "b.py": b""})


def test_a_folder_of_java_starts_in_the_class_with_main(languages):
    files = {"A.java": b"class A {}", "B.java": b"public class B { static void main(String[] a) {} }"}
    sources = Sources.of_files(languages["java"], files)
    assert (sources.entry, sources.main_class) == ("B.java", "B")


def test_the_language_of_files_is_told_by_their_endings(languages):
    all_ = list(languages.values())
    assert language_of(["a.c", "b.cpp", "x.h"], all_).id == "cpp"
    for names in (["a.py", "b.cpp"], ["README"], ["x.h"], []):
        with pytest.raises(ValueError, match="cannot be told"):
            language_of(names, all_)


def test_a_runtime_gets_its_own_memory_on_top(languages):
    java = languages["java"]
    program = Program(language=java, files={}, entry="Main.java", main_class="Main")
    command = program.command(Limits(memory_bytes=64 << 20), args=["x"])
    assert command.limits.memory_bytes == (64 + java.entry.memory.overhead_mib) << 20
    assert not command.limits.address_space
    assert "-Xmx64m" in command.argv
    assert list(command.argv)[-2:] == ["Main", "x"]
