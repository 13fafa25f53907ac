"""The compilers and interpreters of this machine work in a box: compile in one run, run in the next."""

import os
import shutil

import pytest

from judgeline.judging.sandbox.box import Command, Limits

COMPILE = Limits(
    cpu_ms=20_000, wall_ms=30_000, memory_bytes=1 << 30, address_space=False, tmp_bytes=256 << 20
)
RUN = Limits(cpu_ms=10_000, wall_ms=20_000, memory_bytes=512 << 20, address_space=False)


def find(tool):
    path = shutil.which(tool, path="/usr/local/bin:/usr/bin:/bin")
    return path or pytest.skip(f"{tool} is not installed here")


@pytest.mark.parametrize(
    ("tool", "name", "source"),
    [
        ("gcc", "a.c", b'#include <stdio.h>\nint main(){int a,b;scanf("%d%d",&a,&b);printf("%d\\n",a+b);}'),
        (
            "g++",
            "a.cpp",
            b"#include <iostream>\nint main(){int a,b;std::cin>>a>>b;std::cout<<a+b<<std::endl;}",
        ),
    ],
)
@pytest.mark.parametrize("link", ["-static", "-pie"])
def test_compiled(box, tool, name, source, link):
    command = (find(tool), "-O2", link, "-o", "a", name)
    built = box.run(Command(argv=command, limits=COMPILE, files={name: source}, collect={"a": 64 << 20}))
    assert (built.exit_code, built.stderr) == (0, b"")
    box.load({"a": (built.files["a"], 0o555)})
    outcome = box.run(Command(argv=("/prog/a",), limits=Limits(memory_bytes=64 << 20)), b"40 2\n")
    assert (outcome.stdout, outcome.exit_code) == (b"42\n", 0)


def test_java(box):
    java, javac = find("java"), find("javac")
    source = (
        b"import java.util.*; class Main { public static void main(String[] a) throws Exception {"
        b'Thread t = new Thread(() -> System.out.print("sum ")); t.start(); t.join();'
        b"Scanner s = new Scanner(System.in); System.out.println(s.nextInt() + s.nextInt()); } }"
    )
    options = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m")
    command = (javac, *(f"-J{option}" for option in options), "Main.java")
    collect = {"Main.class": 1 << 20}
    built = box.run(Command(argv=command, limits=COMPILE, files={"Main.java": source}, collect=collect))
    assert (built.exit_code, built.why) == (0, ""), built.stderr
    box.load({"Main.class": (built.files["Main.class"], 0o444)})
    outcome = box.run(Command(argv=(java, *options, "-cp", "/prog", "Main"), limits=RUN), b"40 2\n")
    assert (outcome.stdout, outcome.exit_code) == (b"sum 42\n", 0), outcome


@pytest.mark.parametrize(
    ("tool", "option", "source"),
    [
        ("python3", "-c", "a, b = map(int, input().split()); print(a + b)"),
        (
            "node",
            "-e",
            "const [a,b]=require('fs').readFileSync(0,'utf8').split(' ').map(Number);console.log(a+b)",
        ),
        ("perl", "-e", "my ($a, $b) = split ' ', <STDIN>; print $a + $b, \"\\n\""),
        ("bash", "-c", "read a b; x=$(echo $((a + b))); echo $x | cat"),
    ],
)
def test_interpreted(box, tool, option, source):
    outcome = box.run(Command(argv=(find(tool), option, source), limits=RUN), b"40 2\n")
    assert (outcome.stdout, outcome.exit_code) == (b"42\n", 0), outcome


def test_text_is_utf8(box):
    outcome = box.python("print('\\u017elu\\u0165ou\\u010dk\\u00fd', input())", "k\u016f\u0148".encode())
    assert outcome.stdout == "\u017elu\u0165ou\u010dk\u00fd k\u016f\u0148\n".encode()
    assert os.linesep == "\n"
