"""Boxes for strangers' programs: ``box`` says what a box is, the rest makes one.

::

    open_sandbox      probe the host once, or say what is missing          (here)
    doctor, cures     what is missing, and the line that cures it
    local, request    LocalSandbox and its boxes, and what is asked of them
    link, wire        the guard process, and the messages to the runner     (native/guard.c, wire.h)
    warm              an interpreter that stands by for Python programs     (native/warm.c, python/)
    word              what the runner says, against what we see ourselves
    layout, native    what a box sees of the host; the helper's building    (native/tree.c)
    meter, cgroup     memory counted by the kernel, where it is granted
    outcome, elf      from counts to "which limit, and why"
"""

from pathlib import Path

from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox.box import Command, Sandbox
from judgeline.judging.sandbox.local import Alarm, LocalSandbox

__all__ = ["open_sandbox"]


def open_sandbox(cache_dir: Path, *, alarm: Alarm | None = None) -> Sandbox:
    """This host's sandbox, after a program really ran in a box of it. The helper is kept in ``cache_dir``.

    ``alarm`` is told of each report that a box cannot have meant. Raises SandboxError, with the line that
    cures it, where no box can be made.
    """
    sandbox = LocalSandbox(cache_dir, alarm=alarm)
    with sandbox.open() as box:
        outcome = box.run(Command(argv=("/bin/true",)))
    if outcome.exit_code != 0:
        raise SandboxError(f"/bin/true failed in a box: {outcome.why or outcome.exit_code}")
    return sandbox
