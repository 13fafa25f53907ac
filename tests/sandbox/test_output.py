"""Programs that write too much, or oddly."""

import pytest

from judgeline.judging.sandbox.box import Limits, Stopped

LIMITS = Limits(output_bytes=1 << 20, stderr_bytes=1 << 16, cpu_ms=3_000, wall_ms=4_000)


@pytest.mark.parametrize(
    ("code", "stream"),
    [
        ("while True: os.write(1, b'x' * 4096)", "output"),
        ("while True: os.write(2, b'x' * 4096)", "error"),
        ("while True: os.write(1, b'x')", "output"),
        ("print('x' * (100 << 20))", "output"),
        ("while True:\n try: os.write(1, b'x' * 4096)\n except OSError: pass", "output"),
        ("os.ftruncate(1, 30 << 20)\nwhile True: pass", "output"),
        ("os.fork()\nwhile True: os.write(1, b'x' * 4096)", "output"),
        ("open('/dev/stdout', 'w').write('x' * (3 << 20))", "output"),
    ],
    ids=["stdout", "stderr", "bytes", "one line", "deaf to errors", "sparse", "two writers", "reopened"],
)
def test_endless_output(box, code, stream):
    outcome = box.python(f"import os\n{code}", limits=LIMITS)
    assert outcome.stopped is Stopped.OUTPUT
    assert f"to standard {stream}" in outcome.why
    assert len(outcome.stdout) <= 1 << 20
    assert len(outcome.stderr) <= 1 << 16
    assert max(len(outcome.stdout), len(outcome.stderr)) >= 1 << 16
    assert outcome.cpu_ms < LIMITS.cpu_ms, "it was left to write until its time was up"


def test_output_up_to_the_limit_is_granted_and_not_a_byte_more(box):
    write = "import sys; sys.stdout.write('x' * {})"
    whole = box.python(write.format(1 << 20), limits=LIMITS)
    assert (whole.stopped, whole.stdout, whole.exit_code) == (Stopped.NO, b"x" * (1 << 20), 0)
    more = box.python(write.format((1 << 20) + 1), limits=LIMITS)
    assert (more.stopped, more.stdout) == (Stopped.OUTPUT, b"x" * (1 << 20))


def test_a_million_tiny_writes(box, build):
    outcome = box.python("import os\nfor _ in range(10**6): os.write(1, b'x')", limits=LIMITS)
    assert (outcome.stopped, len(outcome.stdout)) == (Stopped.NO, 10**6)


def test_bytes_arrive_as_they_were_written(box):
    outcome = box.python("import os; os.write(1, bytes(range(256)) * 3); os.close(1)")
    assert (outcome.stdout, outcome.exit_code) == (bytes(range(256)) * 3, 0)
