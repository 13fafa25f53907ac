"""Boxes whose runner lies: a submission ends as a judge_error, and the next one is judged."""

import os
import stat
import sys

import pytest
import structlog

from judgeline.judging.errors import BoxError, HostileReportError
from judgeline.judging.judge import Judge
from judgeline.judging.sandbox.box import Command, Limits
from judgeline.judging.sandbox.cgroup import Cgroups
from judgeline.judging.sandbox.local import LocalSandbox
from judgeline.judging.verdicts import Verdict
from judgeline.payloads import RunPayload, encode
from judgeline.queues.handler import Retry
from judgeline.queues.job import Claim
from workers.handlers.judge import JudgeHandler, Terms

HELPER = """#!{python} -IS
import os, socket, struct, time
control = socket.socket(fileno=0)

def send(kind, body=b"", fds=(), version={version}, extra=0):
    header = struct.pack("=4I", version, kind, 16 + len(body) + extra, 0)
    socket.send_fds(control, [header + body], fds)

def report(status=0, stopped=0, cpu=100, wall=100, runner=1, peak=1000, tree=0, collected=0):
    return struct.pack("=iI5Q2I", status, stopped, cpu, wall, runner, peak, tree, collected, 0)

while True:
    data, fds, _, _ = socket.recv_fds(control, 1 << 18, 16)
    kind = struct.unpack_from("=4I", data)[1] if data else 0
    if kind == 0:
        os._exit(0)
    if kind == 1:
        send(11)
    elif kind == 2:
        send(12, struct.pack("=2IQ", 0, 0, 0))
    else:
        {lie}
    for fd in fds:
        os.close(fd)
"""

LIES = {
    "a kind that is none": "send(99)",
    "an answer to another question": "send(12)",
    "nothing but a byte": "control.send(b'x')",
    "a report cut short": "send(13, report()[:-1])",
    "a report with more behind it": "send(13, report() + b'x')",
    "a wrong length": "send(13, report(), extra=1)",
    "another version": "send(13, report(), version=99)",
    "a huge message": "control.send(bytes(100_000))",
    "too much CPU time": "send(13, report(cpu=1 << 50))",
    "a wall time that has not passed": "send(13, report(wall=1 << 40))",
    "more memory than there is": "send(13, report(peak=1 << 40))",
    "a status of a program that still lives": "send(13, report(status=0x137F))",
    "a stop of no known kind": "send(13, report(stopped=17))",
    "real time that was not used up": "send(13, report(stopped=2))",
    "too long an output that is not there": "send(13, report(stopped=4))",
    "output beyond the limit, untold": "os.ftruncate(fds[1], 1 << 30); send(13, report())",
    "files that nobody asked for": "send(13, report(collected=1), [fds[1]])",
    "files that do not come": "send(13, report(collected=1))",
    "descriptors beside a plain answer": "send(13, report(), [fds[0], fds[1], fds[2]])",
    "more descriptors than fit": "send(13, report(), [0] * 60)",
    "CPU time that nobody spent": "time.sleep(0.2); send(13, report(cpu=300_000))",
}
CLOSED = "os._exit(1)"
UNASKED = "send(13, report()); send(13, report())"
HONEST = "os.write(fds[1], b'42'); send(13, report())"
RUN = RunPayload(language="python3", source="print(42)")


@pytest.fixture
def liar(own_sandbox, tmp_path):
    """A sandbox whose helper answers each run with those lines; ``alarms`` hears of it."""
    from judgeline.judging.sandbox.wire import VERSION  # noqa: PLC0415

    sandboxes = []

    def make(lie, alarms=None):
        helper = tmp_path / f"helper{len(sandboxes)}"
        helper.write_text(HELPER.format(python=os.path.realpath(sys.executable), version=VERSION, lie=lie))
        helper.chmod(stat.S_IRWXU)
        alarm = alarms.append if alarms is not None else None
        sandbox = LocalSandbox(tmp_path / "cache", cgroups=Cgroups(0), alarm=alarm)
        sandbox._helper = helper
        sandboxes.append(sandbox)
        return sandbox

    (tmp_path / "cache").mkdir(mode=0o700)
    os.link(own_sandbox._helper, tmp_path / "cache" / own_sandbox._helper.name)
    return make


class Turns:
    """A sandbox whose boxes are made by one after another of several."""

    def __init__(self, *sandboxes):
        self._sandboxes = list(sandboxes)

    def open(self, *, binds=(), warm=None):
        return self._sandboxes.pop(0).open(binds=binds, warm=warm)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_a_judge_error_of_that_submission_alone(liar, own_sandbox, lie):
    alarms = []
    with Judge(Turns(liar(LIES[lie], alarms), own_sandbox)) as judge:
        judged = judge.run("python3", "print(42)")
        assert judged.verdict is Verdict.JUDGE_ERROR, judged
        assert "the judge failed: the box " in judged.why
        assert len(alarms) == 1
        assert alarms[0].reason in judged.why
        assert judge.run("python3", "print(42)").stdout == "42\n"


def test_a_box_that_hangs_up_is_broken_and_not_called_hostile(liar, own_sandbox):
    alarms = []
    with Judge(Turns(liar(CLOSED, alarms), own_sandbox)) as judge:
        judged = judge.run("python3", "print(42)")
        assert (judged.verdict, alarms) == (Verdict.JUDGE_ERROR, [])
        assert judge.run("python3", "print(42)").stdout == "42\n"


def test_an_answer_before_its_question_is_refused(liar, wait_until):
    alarms = []
    with liar(UNASKED, alarms).open() as box:
        box.run(Command(argv=("/bin/true",)))
        wait_until(box._link._speaks, "the second report")
        with pytest.raises(HostileReportError, match="unasked"):
            box.run(Command(argv=("/bin/true",)))
        with pytest.raises(BoxError, match="closed"):
            box.run(Command(argv=("/bin/true",)))
    assert len(alarms) == 1


def test_an_honest_stand_in_is_believed(liar):
    """What is refused above is the lie, not the one who tells it."""
    alarms = []
    with liar(HONEST, alarms).open() as box:
        assert box.run(Command(argv=("/bin/true",), limits=Limits())).stdout == b"42"
    assert alarms == []


def test_cpu_time_that_a_box_keeps_silent_about_comes_out_at_its_end(liar):
    burn = "end = time.process_time() + 1.2\n        while time.process_time() < end: pass\n        "
    box = liar(burn + "send(13, report())").open()
    box.run(Command(argv=("/bin/true",)))
    with pytest.raises(HostileReportError, match="silence on cpu time"):
        box.close()
    box.close()


@pytest.mark.parametrize(("lie", "logged"), [(LIES["a wrong length"], 1), (CLOSED, 0)])
def test_a_worker_logs_a_hostile_report_and_does_not_try_again(liar, own_sandbox, lie, logged):
    alarms = []
    judge = Judge(Turns(liar(lie, alarms), own_sandbox))
    handler = JudgeHandler(judge, None, Terms(run_limits=Limits(), max_attempts=3), alarms)

    def work(job):
        payload = encode(RUN)
        claim = Claim(id=job, worker="w", attempt=1, crashes=0, priority="low", user="", payload=payload)
        return handler(claim, Silent())

    with structlog.testing.capture_logs() as logs:
        if logged:
            assert b'"judge_error"' in work("first")
        else:
            with pytest.raises(Retry):
                work("first")
        assert b'"accepted"' in work("second")
    handler.close()
    told = [line for line in logs if line["event"] == "hostile report from a box"]
    assert [(line["job"], line["log_level"]) for line in told] == [("first", "warning")] * logged
    assert alarms == []


class Silent:
    """A context that nobody listens to."""

    def stage(self, *_):
        pass

    progress = limit = stage
