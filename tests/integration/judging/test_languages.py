"""Every language of the table that this host has: a sum, a syntax error, and three bad ends."""

import os

import msgspec
import pytest

from judgeline.judging.buildcache import BuildCache
from judgeline.judging.judge import Judge
from judgeline.judging.languages import Languages

GENEROUS = {
    "problem.yaml": "name: A plus B\nlimits:\n  memory: 256\n  output: 1\n  compilation_time: 60\n",
    ".timelimit": "2\n",
}


FRUGAL = {"python3", "c", "cpp", "java", "javascript"}
"""Those that do with half a second and 64 MiB."""


class Programs(msgspec.Struct, frozen=True, kw_only=True):
    """What is judged in one language."""

    adds: str
    broken: str
    named: str
    """What the compiler calls the user's file."""
    loops: str
    eats: str
    fails: str


PYTHON = Programs(
    adds="print(sum(map(int, input().split())))",
    broken="print(",
    named="main.py",
    loops="while True: pass",
    eats="x = []\nwhile True: x.append([0] * 100000)",
    fails="raise ValueError('no')",
)
SCRIPT = Programs(
    adds="const [a,b]=require('fs').readFileSync(0,'utf8').split(' ').map(Number);console.log(a+b)",
    broken="let let = (",
    named="main.js",
    loops="for(;;);",
    eats="const x=[];for(;;)x.push(new Array(100000).fill(x.length))",
    fails="throw new Error('no')",
)
JAVA = "import java.util.*; public class Solve { public static void main(String[] a) { %s } }"

PROGRAMS = {
    "python3": PYTHON,
    "pypy3": PYTHON,
    "c": Programs(
        adds='#include <stdio.h>\nint main(void){int a,b;scanf("%d%d",&a,&b);printf("%d\\n",a+b);return 0;}',
        broken="int main(void) { return x; }",
        named="main.c:1",
        loops="int main(void){for(volatile int i=0;;i++);}",
        eats="#include <stdlib.h>\n#include <string.h>\nint main(void){for(;;){char*p=malloc(1<<20);"
        "if(!p)abort();memset(p,1,1<<20);}}",
        fails="int main(void){return 7;}",
    ),
    "cpp": Programs(
        adds="#include <iostream>\nint main(){int a,b;std::cin>>a>>b;std::cout<<a+b<<std::endl;}",
        broken="int main() { return x; }",
        named="main.cpp:1",
        loops="int main(){for(volatile int i=0;;i=i+1);}",
        eats="#include <vector>\nint main(){std::vector<std::vector<int>>x;for(;;)x.emplace_back(1<<18,1);}",
        fails='#include <stdexcept>\nint main(){throw std::runtime_error("no");}',
    ),
    "java": Programs(
        adds=JAVA % "Scanner s = new Scanner(System.in); System.out.println(s.nextInt() + s.nextInt());",
        broken="public class Solve { int x = ; }",
        named="Solve.java:1",
        loops=JAVA % "for (;;) ;",
        eats=JAVA % "List<long[]> x = new ArrayList<>(); for (;;) x.add(new long[1 << 16]);",
        fails=JAVA % 'throw new IllegalStateException("no");',
    ),
    "javascript": SCRIPT,
    "typescript": Programs(
        adds="import * as fs from 'fs';\n"
        "const [a, b]: number[] = fs.readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b);",
        broken="const x: number = ;",
        named="main.ts",
        loops=SCRIPT.loops,
        eats="const x: number[][] = [];\nfor (;;) x.push(new Array(100000).fill(x.length));",
        fails=SCRIPT.fails,
    ),
    "go": Programs(
        adds='package main\nimport "fmt"\nfunc main(){var a,b int;fmt.Scan(&a,&b);fmt.Println(a+b)}',
        broken="package main\nfunc main() { x }",
        named="main.go:2",
        loops="package main\nfunc main(){for{}}",
        eats="package main\nvar x [][]int\nfunc main(){for{y:=make([]int,1<<17);for i:=range y{y[i]=i}\n"
        "x=append(x,y)}}",
        fails='package main\nfunc main(){panic("no")}',
    ),
    "rust": Programs(
        adds="use std::io::*;fn main(){let mut s=String::new();stdin().read_to_string(&mut s).unwrap();"
        'println!("{}",s.split_whitespace().map(|x|x.parse::<i64>().unwrap()).sum::<i64>());}',
        broken="fn main() { x }",
        named="main.rs:1",
        loops="fn main(){loop{std::hint::spin_loop()}}",
        eats="fn main(){let mut x=Vec::new();loop{x.push(vec![1u8;1<<20]);}}",
        fails='fn main(){panic!("no")}',
    ),
    "kotlin": Programs(
        adds="fun main() { println(readLine()!!.split(' ').map { it.toInt() }.sum()) }",
        broken="fun main() { x }",
        named="main.kt:1",
        loops="fun main() { while (true) { } }",
        eats="fun main() { val x = ArrayList<LongArray>(); while (true) x.add(LongArray(65536)) }",
        fails='fun main() { throw IllegalStateException("no") }',
    ),
    "csharp": Programs(
        adds="using System;using System.Linq;class P{static void Main(){"
        "Console.WriteLine(Console.ReadLine().Split(' ').Select(int.Parse).Sum());}}",
        broken="class P { static void Main() { x; } }",
        named="main.cs(1",
        loops="class P{static void Main(){for(;;);}}",
        eats="using System.Collections.Generic;class P{static void Main(){var x=new List<long[]>();"
        "for(;;){var y=new long[65536];for(int i=0;i<65536;i++)y[i]=i;x.Add(y);}}}",
        fails='class P{static void Main(){throw new System.Exception("no");}}',
    ),
    "ruby": Programs(
        adds="puts gets.split.map(&:to_i).sum",
        broken="puts (",
        named="main.rb:1",
        loops="loop {}",
        eats="x = []\nloop { x << 'x' * 1_000_000 }",
        fails="raise 'no'",
    ),
    "php": Programs(
        adds="<?php echo array_sum(explode(' ', fgets(STDIN))), \"\\n\";",
        broken="<?php echo (;",
        named="main.php",
        loops="<?php while (true) {}",
        eats="<?php $x = []; while (true) $x[] = str_repeat('x', 1000000);",
        fails="<?php throw new Exception('no');",
    ),
    "perl": Programs(
        adds="my ($x, $y) = split ' ', <STDIN>; print $x + $y, \"\\n\";",
        broken="print (",
        named="main.pl line 1",
        loops="while (1) {}",
        eats="my @x; while (1) { push @x, 'x' x 1000000; }",
        fails="die 'no';",
    ),
    "bash": Programs(
        adds="read a b; echo $((a + b))",
        broken="if true; then",
        named="main.sh: line",
        loops="while :; do :; done",
        eats="x=xxxxxxxx; while :; do x=$x$x; done",
        fails="exit 3",
    ),
    "lua": Programs(
        adds="local a, b = io.read('n', 'n') print(a + b)",
        broken="print(",
        named="main.lua:1",
        loops="while true do end",
        eats="local x = {} while true do x[#x + 1] = string.rep('x', 1000000) .. #x end",
        fails="error('no')",
    ),
    "ocaml": Programs(
        adds='let () = Scanf.scanf " %d %d" (fun a b -> Printf.printf "%d\\n" (a + b))',
        broken="let () = x",
        named='"main.ml", line 1',
        loops="let () = while true do () done",
        eats="let x = ref []\nlet () = while true do x := Bytes.make 1000000 'x' :: !x done",
        fails='let () = failwith "no"',
    ),
    "haskell": Programs(
        adds="main = getLine >>= print . sum . map (read :: String -> Int) . words",
        broken="main = x",
        named="main.hs:1",
        loops="main = go 0 where { go :: Int -> IO (); go n = if n < 0 then print n else go (n + 0) }",
        eats="main = print (length xs + sum xs) where xs = [1 .. 10 ^ 9] :: [Int]",
        fails='main = error "no"',
    ),
}


@pytest.fixture(params=PROGRAMS)
def language(request, languages):
    found = next(language for language in languages.all() if language.id == request.param)
    if not found.available:
        pytest.skip(found.missing)
    return request.param


@pytest.fixture
def package(make_package, language):
    return make_package() if language in FRUGAL else make_package(GENEROUS)


def test_each_language_of_the_table_has_its_programs():
    assert {language.id for language in Languages.load().all()} == set(PROGRAMS)


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="at home, what the host has is tested")
def test_ci_judges_at_least_these():
    available = {language.id for language in Languages.load().available()}
    assert available >= {"python3", "c", "cpp", "java", "javascript"}
    assert available & {"go", "rust"}


def test_a_sum(judging, package, language):
    judgement = judging.judge(package, language, PROGRAMS[language].adds)
    assert (judgement.verdict, judgement.why) == ("accepted", "")
    assert "main." not in judgement.compile_output
    assert [test.name for test in judgement.tests] == ["sample/1", "secret/1"]
    assert judgement.language.startswith(f"{language} (")
    assert judgement.time_ms > 0


def test_what_was_compiled_once_is_judged_again_without_its_compiler(
    sandbox, languages, package, tmp_path, language
):
    cache = BuildCache(tmp_path / "builds", 1 << 30)
    judgements = []
    for _ in range(2):
        with Judge(sandbox, languages, cache) as judging:
            judgements.append(judging.judge(package, language, PROGRAMS[language].adds))
    assert [judgement.verdict for judgement in judgements] == ["accepted", "accepted"]
    assert judgements[0].compile_output == judgements[1].compile_output
    assert (cache.misses, cache.hits) == (1, 1)


def test_a_syntax_error_names_the_users_file(judging, package, language):
    judgement = judging.judge(package, language, PROGRAMS[language].broken)
    assert (judgement.verdict, judgement.why) == ("compile_error", "the compiler refused the source")
    assert PROGRAMS[language].named in judgement.compile_output
    assert "/tmp" not in judgement.compile_output
    assert not judgement.tests


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("loops", "time_limit_exceeded"), ("eats", "memory_limit_exceeded"), ("fails", "runtime_error")],
)
def test_how_it_ends_that_goes_wrong(judging, make_package, language, kind, verdict):
    judgement = judging.judge(make_package(GENEROUS), language, getattr(PROGRAMS[language], kind))
    assert judgement.verdict == verdict, judgement.why
