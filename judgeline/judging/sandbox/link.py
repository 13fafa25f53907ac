"""The thread by which this process holds a box: its guard process and the socket to its runner."""

import contextlib
import os
import select
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

from judgeline.judging.errors import BoxError, SandboxError
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
                    raise BoxError("the box answered something else than that it is ready")
            finally:
                os.close(judge)
        except OSError as error:
            self.close()
            raise BoxError(f"cannot start a box: {error}") from error
        except BaseException:
            self.close()
            raise

    def ask(self, message: bytes, fds: Sequence[int], timeout_s: float) -> wire.Report | wire.Loaded | int:
        """Send a request whose answer brings no descriptors along, and give that; see ``receive``."""
        self.send(message, fds)
        reply, received = self.receive(timeout_s)
        for fd in received:
            os.close(fd)
        return reply

    def send(self, message: bytes, fds: Sequence[int]) -> None:
        """Send a request. Raises BoxError when the box is gone."""
        try:
            socket.send_fds(self._socket, [message], fds)
        except OSError as error:
            raise BoxError(f"the box is gone: {error}") from error

    def receive(self, timeout_s: float) -> tuple[wire.Report | wire.Loaded | int, list[int]]:
        """The next reply with the descriptors that came along, which are the caller's to close.

        Raises BoxError when none comes in time or it is malformed, StepError when it tells of a failure.
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

    def close(self) -> None:
        """Hang up and wait until the guard, and with it the whole box, is gone. Idempotent."""
        with contextlib.suppress(OSError):  # the guard hung up first
            # A process forked from this one may hold the socket too: closing ours alone would not be heard.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        guard, self._guard = self._guard, -1
        if guard < 0:
            return
        if self._guard_fd >= 0:
            if not _ends(self._guard_fd, CLOSE_TIMEOUT_S):
                signal.pidfd_send_signal(self._guard_fd, signal.SIGKILL)
            os.close(self._guard_fd)
            self._guard_fd = -1
        with contextlib.suppress(
            ChildProcessError
        ):  # reaped by a program that waits for any child of its own
            os.waitpid(guard, 0)


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
        raise BoxError("the box sent too long a message")
    reply = wire.unpack_reply(data)
    if isinstance(reply, wire.Failure):
        raise StepError(reply)
    return reply


def _ends(pidfd: int, timeout_s: float) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))
