"""One forked child, seen by its supervisor."""

import contextlib
import faulthandler
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable

from judgeline.parent import die_with
from workers import kernel
from workers.control import Channel, Message
from workers.death import Death, Sentence, read_status
from workers.slot import Slot, Snapshot

_TAIL_BYTES = 4_096
_READS = 64

Life = Callable[[str, Channel, Slot], None]
"""What a child does from its birth on: (worker name, its end of the channel, its slot)."""


class ChildProcess:
    """A living child. Its standard error comes through a pipe, so that its last words are evidence."""

    def __init__(self, worker: str, pid: int, channel: Channel, slot: Slot, errors: int) -> None:
        self.worker = worker
        self.pid = pid
        self.channel = channel
        self.born = time.monotonic()
        self.ready = False
        self.trouble = ""
        """Why it claims nothing, or ""."""
        self.leaving = False
        """It was told to stop."""
        self.asked: tuple[str, int, float] | None = None
        """The job and attempt it was told to cancel, and when."""
        self.warned: tuple[str, int] | None = None
        """The job and attempt it was told the time of."""
        self.stuck: tuple[list[str], int, float] | None = None
        """What it holds and does not begin, its jobs so far, and since when."""
        self._slot = slot
        self._errors = errors
        self._tail: deque[tuple[float, bytes]] = deque()
        self._tail_bytes = 0
        self.killed = False
        """It is being killed by us."""
        self._sentence: Sentence | None = None

    @property
    def errors(self) -> int:
        """Its standard error's pipe, for a selector."""
        return self._errors

    def now(self) -> Snapshot:
        """What it is doing."""
        return self._slot.read()

    def tell(self, message: Message) -> None:
        """Say something, and nudge it."""
        self.channel.send(message)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGUSR1)

    def kill(self, sentence: Sentence | None = None) -> None:
        """SIGKILL its process group. An attempt that is not the sentence's goes back unspent."""
        if not self.killed:
            self.killed = True
            self._sentence = sentence
            kernel.kill_group(self.pid)

    def listen(self) -> None:
        """Pass on what it wrote on standard error, and keep the end of it."""
        for _ in range(_READS):  # a child that never stops must not keep us
            if self._errors < 0:
                return
            try:
                data = os.read(self._errors, 65_536)
            except BlockingIOError:
                return
            if not data:
                os.close(self._errors)  # closed on its side: a selector would find it readable for ever
                self._errors = -1
                return
            with contextlib.suppress(OSError):
                os.write(2, data)
            self._keep(data[-_TAIL_BYTES:])

    def _keep(self, data: bytes) -> None:
        """Keep the end of what it wrote: by bytes, for a fault handler writes its lines word by word."""
        self._tail.append((time.monotonic(), data))
        self._tail_bytes += len(data)
        while self._tail_bytes - len(self._tail[0][1]) >= _TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft()[1])

    def reap(self) -> Death | None:
        """Give its death if it has ended, else None."""
        reaped = kernel.reap(self.pid)
        if reaped is None:
            return None
        self.listen()
        last = self._slot.read()
        output = b"".join(part for at, part in self._tail if at >= last.started)[-_TAIL_BYTES:]
        death = Death(
            worker=self.worker,
            pid=self.pid,
            lived_s=time.monotonic() - self.born,
            last=last,
            output=output.decode(errors="replace"),
            killed=self.killed,
            sentence=self._sentence,
            **read_status(*reaped),  # type: ignore[arg-type]  # its values fit their fields
        )
        self.close()
        return death

    def close(self) -> None:
        """Give descriptors and memory back (also in a new child, which has copies of its siblings')."""
        self.channel.close()
        if self._errors >= 0:
            os.close(self._errors)
        self._slot.close()


def spawn(worker: str, life: Life, forget: Callable[[], None]) -> ChildProcess:
    """Fork a child that lives ``life``; ``forget`` lets go, in the child, of what is the supervisor's."""
    slot = Slot()  # descriptors last: where memory is short, they would stay open
    ours, theirs = Channel.pair()
    errors, their_errors = os.pipe()
    os.set_blocking(errors, False)
    supervisor = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        for end in (ours, theirs, slot):
            end.close()
        os.close(errors)
        os.close(their_errors)
        raise
    if pid == 0:
        ours.close()
        os.close(errors)
        _be_born(worker, life, forget, (theirs, slot, their_errors, supervisor))
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)  # both sides do it, so that it is done before either relies on it
    theirs.close()
    os.close(their_errors)
    return ChildProcess(worker, pid, ours, slot, errors)


def _be_born(
    worker: str, life: Life, forget: Callable[[], None], inherited: tuple[Channel, Slot, int, int]
) -> None:
    """Turn a fresh fork into a child, live, and exit; never returns."""
    channel, slot, errors, supervisor = inherited
    status = 1
    try:
        os.setpgid(0, 0)
        die_with(supervisor)
        kernel.adopt_orphans()
        os.dup2(errors, 2)
        os.close(errors)
        faulthandler.enable(2)
        forget()
        life(worker, channel, slot)
        status = 0
    except BaseException:  # noqa: BLE001 - its last words go to the supervisor, whatever it was
        os.write(2, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(status)
