"""Programs that take too long, in ways that hide it."""

import pytest

from judgeline.judging.sandbox.box import Limits, Stopped


def test_a_busy_loop_is_stopped_at_its_limit(box, build):
    outcome = box.program(build("burn"), "self", "60000", limits=Limits(cpu_ms=200, wall_ms=5_000))
    assert outcome.stopped is Stopped.CPU
    assert 200 <= outcome.cpu_ms < 400
    assert outcome.why.startswith("used 2")


@pytest.mark.parametrize("where", ["self", "threads", "children", "unreaped"])
def test_time_is_counted_wherever_it_is_burnt(box, build, where):
    each = 300 if where != "threads" else 100
    outcome = box.program(build("burn"), where, str(each), limits=Limits(cpu_ms=5_000, wall_ms=10_000))
    assert (outcome.exit_code, outcome.stopped) == (0, Stopped.NO)
    assert 280 <= outcome.cpu_ms < 600


@pytest.mark.parametrize("where", ["threads", "children", "unreaped"])
def test_time_is_limited_wherever_it_is_burnt(box, build, where):
    outcome = box.program(
        build("burn"), where, "900" if where != "threads" else "400", limits=Limits(cpu_ms=300, wall_ms=2_000)
    )
    assert outcome.stopped in {Stopped.CPU, Stopped.WALL}
    assert outcome.cpu_ms >= 300
    if where != "unreaped":  # which is seen at the end alone where a cgroup has to tell
        assert outcome.cpu_ms < 700


@pytest.mark.parametrize(
    "wait",
    [
        "time.sleep(60)",
        "os.read(os.pipe()[0], 1)",
        "os.mkfifo('f'); open('f')",
        "[os.fork() for _ in range(4)]; time.sleep(60)",
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); signal.sigwait([12])",
    ],
    ids=["sleep", "pipe", "fifo", "many sleepers", "deaf"],
)
def test_the_right_answer_and_then_waiting_for_ever(box, wait):
    outcome = box.python(
        f"import os, signal, time\nprint(42, flush=True)\n{wait}", limits=Limits(cpu_ms=1_000, wall_ms=400)
    )
    assert (outcome.stopped, outcome.stdout, outcome.signal) == (Stopped.WALL, b"42\n", 9)
    assert 400 <= outcome.wall_ms < 2_000
    assert "400 ms of real time" in outcome.why


def test_a_program_without_a_limit_of_its_own_keeps_the_processor_clock_honest(box):
    """RLIMIT_CPU stands behind the runner's own count: a program cannot raise it again."""
    outcome = box.python(
        "import resource\n"
        "print(resource.getrlimit(resource.RLIMIT_CPU))\n"
        "try: resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))\n"
        "except ValueError: print('refused')\n",
        limits=Limits(cpu_ms=3_000),
    )
    assert outcome.stdout == b"(5, 5)\nrefused\n"
