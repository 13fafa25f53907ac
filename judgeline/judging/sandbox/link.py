"""The thread by which this process holds a box: its guard process and the socket to its runner."""

import contextlib
import os
import resource  # noqa: F401 - os.wait4 asks for it, perhaps when a worker has become another user
import select
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

from judgeline.judging.errors import BoxError, HostileReportError, SandboxError
from judgeline.judging.sandbox import wire
from judgeline.judging.sandbox.cures import NO_EXEC
from judgeline.judging.sandbox.meter import Meter

START_TIMEOUT_S = 20.0
CLOSE_TIMEOUT_S = 5.0
_REPLY_MAX = 4096


class StepError(BoxError):
    """A step inside the box failed; ``failure`` says which, and whether the box is done for."""

    def __init__(self, failure: wire.Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Link:
    """A started box. Closing it kills and reaps everything in the box."""

    def __init__(
        self, helper: Path, build: bytes, meter: Meter | None, extension: Sequence[int] = ()
    ) -> None:
        """Start a box; a warm one's ``build`` goes with the descriptor of its ``extension``.

        Raises SandboxError where the helper may not be run, StepError where a step of the box's making
        failed, BoxError for all else; then nothing is left of it.
        """
        try:
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as error:
            raise BoxError(f"cannot start a box: {error}") from error
        self._guard = self._guard_fd = -1
        try:
            with theirs:
                self._guard = _spawn(helper, theirs.fileno())
            self._guard_fd = os.pidfd_open(self._guard)
            if meter:
                meter.enter(self._guard)
            judge = os.pidfd_open(os.getpid())
            try:
                if self.ask(build, [judge, *extension], START_TIMEOUT_S) != wire.READY:
                    raise HostileReportError("the box answered something else than that it is ready")
            finally:
                os.close(judge)
        except OSError as error:
            self.close()
            raise BoxError(f"cannot start a box: {error}") from error
        except BaseException:
            self.close()
            raise

    def ask(self, message: bytes, fds: Sequence[int], timeout_s: float) -> wire.Report | wire.Loaded | int:
        """Send a request whose answer brings no descriptors along, and give that.

        Raises HostileReportError where some came all the same, and as ``send`` and ``receive`` do.
        """
        self.send(message, fds)
        reply, received = self.receive(timeout_s)
        for fd in received:
            os.close(fd)
        if received:
            raise HostileReportError(f"the box answered {reply} with {len(received)} files")
        return reply

    def send(self, message: bytes, fds: Sequence[int]) -> None:
        """Send a request. Raises BoxError when the box is gone, HostileReportError where it spoke unasked.

        What was said before the question would be taken for its answer, and each answer for the next one's.
        """
        if self._speaks():
            raise HostileReportError("the box spoke unasked")
        try:
            socket.send_fds(self._socket, [message], fds)
        except OSError as error:
            raise BoxError(f"the box is gone: {error}") from error

    def receive(self, timeout_s: float) -> tuple[wire.Report | wire.Loaded | int, list[int]]:
        """The next reply with the descriptors that came along, which are the caller's to close.

        Raises BoxError when none comes in time, HostileReportError when it is malformed, StepError when it
        tells of a failure.
        """
        self._socket.settimeout(timeout_s)
        try:
            data, fds, flags, _ = socket.recv_fds(
                self._socket, _REPLY_MAX, wire.COLLECTS_MAX, socket.MSG_CMSG_CLOEXEC
            )
        except TimeoutError as error:
            raise BoxError(f"the box did not answer within {timeout_s:.0f} s") from error
        except OSError as error:
            raise BoxError(f"the box is gone: {error}") from error
        try:
            reply = _reply(data, flags)
        except BoxError:
            for fd in fds:
                os.close(fd)
            raise
        return reply, fds

    def _speaks(self) -> bool:
        """Whether a message waits; a box that has hung up says nothing any more, which sending will show."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        with contextlib.suppress(OSError):
            return bool(poll.poll(0)) and bool(self._socket.recv(1, socket.MSG_PEEK))
        return False

    def close(self) -> int | None:
        """Hang up and wait until the guard, and with it the whole box, is gone. Idempotent.

        Gives the CPU time of all that was in the box, microseconds; None where nobody could tell it.
        """
        with contextlib.suppress(OSError):  # the guard hung up first
            # A process forked from this one may hold the socket too: closing ours alone would not be heard.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        guard, self._guard = self._guard, -1
        if guard < 0:
            return None
        if self._guard_fd >= 0:
            if not _ends(self._guard_fd, CLOSE_TIMEOUT_S):
                signal.pidfd_send_signal(self._guard_fd, signal.SIGKILL)
            os.close(self._guard_fd)
            self._guard_fd = -1
        try:
            _, status, used = os.wait4(guard, 0)
        except ChildProcessError:  # reaped by a program that waits for any child of its own
            return None
        # The time of a box that had to be killed is in no one's count (guard.c).
        return None if status else round((used.ru_utime + used.ru_stime) * 1e6)


def _spawn(helper: Path, control: int) -> int:
    """Start the guard with the control socket as its descriptor 0; gives its pid."""
    try:
        # posix_spawn does not copy this process's page tables, however big it has grown.
        actions = [(os.POSIX_SPAWN_DUP2, control, 0)]
        return os.posix_spawn(helper, ["judgeline-box"], {}, file_actions=actions)
    except PermissionError as error:
        raise SandboxError(f"cannot run {helper}: {error.strerror}", NO_EXEC) from error


def _reply(data: bytes, flags: int) -> wire.Report | wire.Loaded | int:
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        raise HostileReportError("the box sent too long a message")
    reply = wire.unpack_reply(data)
    if isinstance(reply, wire.Failure):
        raise StepError(reply)
    return reply


def _ends(pidfd: int, timeout_s: float) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))
