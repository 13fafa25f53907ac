"""Warm runs are held by the same walls and limits as cold ones. (That they do the same: test_fidelity.)"""

import ast
from pathlib import Path

import pytest

from judgeline.judging.sandbox.box import Command, Limits, Stopped

ARGV = ("/usr/bin/python3", "/prog/main.py")
QUICK = Limits(cpu_ms=2_000, wall_ms=6_000)


@pytest.fixture
def run(sandbox):
    """Run a program warm; ``cold=True`` in a box of the other kind. What followed each, serves on."""

    def run_once(code, stdin=b"", *, limits=QUICK, cold=False, args=(), **fields):
        with sandbox.open(warm=None if cold else ARGV) as box:
            box.load({"main.py": (FOLLOWING + code.encode(), 0o444)})
            outcome = box.run(Command(argv=(*ARGV, *args), limits=limits, **fields), stdin)
            assert_serves(box)
        return outcome

    return run_once


FOLLOWING = b"""import sys
if sys.argv[1:] == ['again']:
    import os
    print([p for p in os.listdir('/proc') if p.isdigit()], os.listdir('/tmp'), os.getpid(), input())
    sys.stdout.flush()
    os._exit(0)
"""


def assert_serves(box):
    """The next test of the same box sees nothing of the one before it."""
    seen = box.run(Command(argv=(*ARGV, "again"), limits=QUICK), b"42\n")
    assert (seen.stdout, seen.stderr, seen.exit_code) == (b"['1', '2'] [] 2 42\n", b"", 0)


def test_arguments_files_and_what_is_collected(run):
    outcome = run(
        "print(sys.argv[1:], open('/tmp/in').read())\nopen('/tmp/out', 'w').write('left')",
        args=("a b", "\u00e9"),
        files={"in": b"given"},
        collect={"out": 100},
    )
    assert outcome.stdout == "['a b', '\u00e9'] given\n".encode()
    assert outcome.files == {"out": b"left"}


def test_a_busy_loop_is_stopped_by_its_cpu_time(run):
    outcome = run("while True: pass", limits=Limits(cpu_ms=300, wall_ms=6_000))
    assert outcome.stopped is Stopped.CPU
    assert 300 <= outcome.cpu_ms < 2_000


def test_a_sleeper_is_stopped_by_real_time(run):
    outcome = run("import time; time.sleep(60)", limits=Limits(cpu_ms=2_000, wall_ms=300))
    assert outcome.stopped is Stopped.WALL
    assert outcome.cpu_ms < 300


def test_memory_is_bounded(run):
    limits = Limits(cpu_ms=8_000, wall_ms=20_000, memory_bytes=64 << 20)
    outcome = run("x = []\nwhile True: x.append(bytearray(1 << 20))", limits=limits)
    assert outcome.stopped is Stopped.MEMORY or b"MemoryError" in outcome.stderr


def test_output_is_bounded(run):
    outcome = run("while True: print('x' * 1000)", limits=Limits(cpu_ms=8_000, output_bytes=1 << 20))
    assert outcome.stopped is Stopped.OUTPUT


def test_a_fork_bomb_in_new_sessions_is_cleared_away(run):
    code = (
        "import os\nwhile True:\n    try:\n        if os.fork() == 0: os.setsid()\n    except OSError: pass"
    )
    outcome = run(code, limits=Limits(cpu_ms=1_000, wall_ms=2_000))
    assert outcome.stopped is not Stopped.NO


def test_a_child_that_outlives_its_parent_is_killed_and_counted(run):
    code = """import os, time
told, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    while time.process_time() < 0.2: pass
    os.write(tell, b'burnt')
    while True: pass
os.read(told, 5)
"""
    outcome = run(code)
    assert outcome.exit_code == 0
    assert outcome.cpu_ms > 150


@pytest.mark.parametrize("call", ["kill(-1, 9)", "killpg(0, 9)", "kill(0, 9)"])
def test_a_program_that_kills_all_it_can_reach_ends_itself_at_most(run, call):
    outcome = run(f"import os\ntry: os.{call}\nexcept ProcessLookupError: pass\nprint('alive')")
    assert (outcome.signal, outcome.stdout) in [(9, b""), (None, b"alive\n")]


WHAT_IT_IS = """
import os, resource, json
names = [n for n in dir(resource) if n.startswith('RLIMIT_') and n != 'RLIMIT_NPROC']
status = dict(l.split(':', 1) for l in open('/proc/self/status') if ':' in l)
fields = ('Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp',
          'SigBlk', 'SigIgn', 'SigCgt', 'CoreDumping')
def processes():
    n = 0
    try:
        while n < 200:
            if os.fork() == 0:
                import time; time.sleep(30)
            n += 1
    except BlockingIOError:
        pass
    return n
print({
    'limits': {n: resource.getrlimit(getattr(resource, n)) for n in names},
    'status': {f: status.get(f, '').split() for f in fields},
    'oom': open('/proc/self/oom_score_adj').read(),
    'descriptors': sorted(os.listdir('/proc/self/fd'))[:3],
    'namespaces': [os.path.exists('/proc/self/ns/' + n) for n in ('pid', 'mnt', 'net', 'ipc', 'user')],
    'mounts': sorted(l.split()[1] for l in open('/proc/self/mounts')),
    'network': open('/proc/net/dev').read().count(':'),
    'readable': os.access('/proc/self/mem', os.R_OK),
    'numbers': (os.getpid(), os.getpgid(0), os.getsid(0)),
    'affinity': len(os.sched_getaffinity(0)),
    'nice': os.getpriority(0, 0),
    'cwd': os.getcwd(),
    'umask': os.umask(0),
    'processes': processes(),
})
"""


def test_what_holds_a_cold_program_holds_a_warm_one(run):
    cold, warm = run(WHAT_IT_IS, cold=True), run(WHAT_IT_IS)
    assert (cold.exit_code, warm.exit_code) == (0, 0)
    assert ast.literal_eval(warm.stdout.decode()) == ast.literal_eval(cold.stdout.decode())


STACK = """
import threading
sys.setrecursionlimit(1 << 30)
def deep(n): return n if n == 0 else deep(n - 1)
class Deep:
    def __init__(self, inner): self.inner = inner
    def __repr__(self): return repr(self.inner)
def nested(depth):
    x = 0
    for _ in range(depth): x = Deep(x)
    return len(repr(x))
print(deep(100_000), nested(20_000))
threading.stack_size(0)
t = threading.Thread(target=lambda: print(nested(20_000)))
t.start(); t.join()
"""


def test_stacks_are_as_deep_as_cold_ones(run):
    cold, warm = run(STACK, cold=True), run(STACK)
    assert (warm.exit_code, warm.signal, warm.stdout) == (cold.exit_code, cold.signal, cold.stdout)
    assert warm.stdout.split()[0] == b"0"


def test_the_interpreter_s_own_memory_is_not_held_against_the_program(run):
    cold, warm = run("pass", cold=True), run("pass")
    assert warm.memory_kb <= cold.memory_kb * 1.2
    assert warm.cpu_ms < cold.cpu_ms


def test_a_script_that_is_not_there_and_one_that_cannot_wait_start_cold(own_sandbox):
    with own_sandbox.open(warm=ARGV) as box:
        box.load({"other.py": (b"print('other')", 0o444)})
        assert box.run(Command(argv=("/usr/bin/python3", "/prog/other.py"))).stdout == b"other\n"
        assert b"No such file" in box.run(Command(argv=ARGV)).stderr
    with own_sandbox.open(warm=("/bin/sh", "/prog/main.sh")) as box:
        box.load({"main.sh": (b"echo from the shell", 0o444)})
        assert not box.warm
        assert box.run(Command(argv=("/bin/sh", "/prog/main.sh"))).stdout == b"from the shell\n"
    with own_sandbox.open(warm=("/no/such/python", "/prog/main.py")) as box:
        box.load({"main.py": (b"print(1)", 0o444)})
        assert not box.warm
        assert box.run(Command(argv=ARGV)).stdout == b"1\n"


def test_compiling_and_other_programs_run_in_a_warm_box(own_sandbox):
    with own_sandbox.open(warm=ARGV) as box:
        assert box.run(Command(argv=("/bin/ls", "/prog"))).exit_code == 0
        box.load({"main.py": (b"print('warm')", 0o444), "p": (b"#!/bin/sh\necho cold", 0o555)})
        for _ in range(3):
            assert box.run(Command(argv=ARGV)).stdout == b"warm\n"
            assert box.run(Command(argv=("/prog/p",))).stdout == b"cold\n"
        assert box.run(Command(argv=ARGV, env={"A": "1"})).stdout == b"warm\n"


def test_an_interpreter_that_never_waits_costs_the_box_its_warmth_only(own_sandbox):
    with own_sandbox.open(warm=("/usr/bin/yes", "/prog/main.py")) as box:
        box.load({"main.py": (b"print(1)", 0o444)})
        assert not box.warm
        outcome = box.run(Command(argv=ARGV))
    assert (outcome.stdout, outcome.stopped) == (b"1\n", Stopped.NO)
    assert outcome.cpu_ms < 1_000


def test_a_closed_box_leaves_no_interpreter(own_sandbox, wait_until):

    def interpreters():
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    command = (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                if command == b"/usr/bin/python3\0/prog/left-behind.py\0":
                    found.append(folder.name)
        return found

    box = own_sandbox.open(warm=("/usr/bin/python3", "/prog/left-behind.py"))
    wait_until(interpreters, "the interpreter")
    box.close()
    assert interpreters() == []
