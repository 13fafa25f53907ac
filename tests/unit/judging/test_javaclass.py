import pytest

from judgeline.judging.javaclass import main_class

MAIN = "public static void main(String[] args) {}"


@pytest.mark.parametrize(
    ("source", "file", "runs"),
    [
        (f"public class Solve {{ {MAIN} }}", "Solve", "Solve"),
        (f"class Helper {{}} public final class Solve {{ {MAIN} }}", "Solve", "Solve"),
        (f"package a.b; public class Solve {{ {MAIN} }}", "Solve", "a.b.Solve"),
        (f"class Helper {{ void f() {{}} }} class Solution {{ {MAIN} }}", "Solution", "Solution"),
        (f'/* public class No {{ */ class Yes {{ String s = "public class No {{"; {MAIN} }}', "Yes", "Yes"),
        (f"// public class No\nclass Yes {{ {MAIN} }}", "Yes", "Yes"),
        (f"class Outer {{ public static class Inner {{ {MAIN} }} {MAIN} }}", "Outer", "Outer"),
        (f"public record R(int a) {{ {MAIN} }}", "R", "R"),
        (f"class Ümlaut {{ {MAIN} }}", "Ümlaut", "Ümlaut"),
        (f"class {'x' * 300} {{ {MAIN} }}", "Main", "Main"),
        (f"public class a.b {{ {MAIN} }}", "Main", "Main"),
        ("class A { int x; }", "Main", "Main"),
        ("", "Main", "Main"),
        ("}}}} { public class", "Main", "Main"),
    ],
)
def test_the_main_class(source, file, runs):
    assert main_class(source) == (file, runs)


@pytest.mark.parametrize("part", ["/*", '"', '"""', "{", "public class ", "/**", '"\\', "class a{", "'"])
def test_repeated_nonsense_ends(part):
    assert main_class(part * 50_000)
