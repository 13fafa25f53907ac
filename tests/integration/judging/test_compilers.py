"""A compiler is run on hostile sources: it ends, and the end is a compile error that says why."""

import pytest

QUICK = {"problem.yaml": "name: x\nlimits:\n  compilation_time: 2\n  compilation_memory: 256\n"}
TEMPLATES = """
template <int N, int M> struct Deep {
    static const long value = Deep<N - 1, M>::value + Deep<N - 1, M + N>::value;
};
template <int M> struct Deep<0, M> { static const long value = M; };
int main() { return Deep<400, 0>::value; }
"""


@pytest.fixture(autouse=True)
def _compilers(languages):
    for id_ in ("c", "cpp"):
        language = next(language for language in languages.all() if language.id == id_)
        if not language.available:
            pytest.skip(language.missing)


@pytest.mark.parametrize(
    ("language", "source", "why"),
    [
        ("c", '#include "main.c"\nint main(void) { return 0; }', "refused"),
        ("c", "#include </dev/stdin>\nint x", "refused"),
        ("c", '#include "/etc/shadow"\nint main(void) { return 0; }', "refused"),
        ("c", '#include "../data/secret/1.ans"\nint main(void) { return 0; }', "refused"),
        ("cpp", "#include </dev/urandom>\nint main() {}", "the compiler"),
        ("cpp", TEMPLATES, "the compiler"),
        ("c", "char x[1L << 40] = {1}; int main(void) { return x[0]; }", "the compiler"),
        ("c", "#error one\n" * 5000, "refused"),
        ("cpp", "\x7fELF" + "\x01" * 100, "refused"),
        ("python3", "(" * 5000, "refused"),
    ],
)
def test_a_hostile_source_is_a_compile_error(judging, make_package, language, source, why):
    judgement = judging.judge(make_package(QUICK), language, source)
    assert judgement.verdict == "compile_error"
    assert why in judgement.why
    assert len(judgement.compile_output) < 17_000
    assert (
        judging.judge(make_package(), "python3", "print(sum(map(int, input().split())))").verdict
        == "accepted"
    )


def test_warnings_of_a_program_that_compiles_are_kept(judging, make_package):
    source = (
        '#include <stdio.h>\n#warning mind me\nint main(void){int a,b;scanf("%d%d",&a,&b);printf("%d",a+b);}'
    )
    judgement = judging.judge(make_package(), "c", source)
    assert judgement.verdict == "accepted"
    assert "main.c:2:2: warning: #warning mind me" in judgement.compile_output


def test_an_instant_program_of_the_largest_size_compiles(judging, make_package):
    source = "print(sum(map(int, input().split())))\n#"
    source += "x" * (128 * 1024 - len(source))
    assert judging.judge(make_package(), "python3", source).verdict == "accepted"
