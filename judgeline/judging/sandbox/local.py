"""The sandbox of this host: boxes made by the C helper."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from judgeline.judging.errors import BoxError, HostileReportError, SandboxError
from judgeline.judging.sandbox import layout, wire, word
from judgeline.judging.sandbox.box import Command, Limits, Outcome, Stopped
from judgeline.judging.sandbox.cgroup import Cgroups, find_cgroups
from judgeline.judging.sandbox.cures import check_platform, cure_for
from judgeline.judging.sandbox.elf import static_bytes
from judgeline.judging.sandbox.link import Link, StepError
from judgeline.judging.sandbox.memfile import memfile, read_memfile
from judgeline.judging.sandbox.meter import Meter, Usage
from judgeline.judging.sandbox.native import ensure_helper
from judgeline.judging.sandbox.outcome import weigh
from judgeline.judging.sandbox.request import run_request, tree_request
from judgeline.judging.sandbox.warm import WarmStart, load_extension

REPLY_MARGIN_S = 10.0
LOAD_TIMEOUT_S = 40.0
"""Until the program area is written and compiled: the runner's patience with an interpreter, and a margin."""
_PAGE = 4096
WARM_STEP = "warm interpreter"
"""The step at which a box with a stuck interpreter gives up (``native/warm.c``)."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How boxes of one kind are made."""

    helper: Path
    cold: bytes
    """The request for a box in which nothing stands by."""
    cgroups: Cgroups
    warm: WarmStart | None = None
    build: bytes = b""
    """The request for a warm one."""


Alarm = Callable[[HostileReportError], None]
"""Told of every report that a box cannot have meant, before it is raised."""


class LocalSandbox:
    """Makes boxes on this host.

    The helper is built once, which takes a second, and kept in ``cache_dir``. Raises SandboxError, with its
    cure, where that cannot be. ``cgroups`` overrides what the host is found to grant.
    """

    def __init__(
        self, cache_dir: Path, *, cgroups: Cgroups | None = None, alarm: Alarm | None = None
    ) -> None:
        check_platform()
        if layout.shows(cache_dir):
            raise SandboxError(
                f"{cache_dir} lies where every box shows it", "set JUDGELINE_HOME to a folder outside of /usr"
            )
        self._helper = ensure_helper(cache_dir)
        self.cgroups = find_cgroups() if cgroups is None else cgroups
        self.cgroups.sweep()
        self.warm_fault = ""
        """Why no box is warm here, e.g. that the extension cannot be built; "" where nothing is known."""
        self._extension: tuple[bytes, ...] = ()
        try:
            self._extension = load_extension(cache_dir)
        except SandboxError as error:
            self.warm_fault = str(error)
        self._recipes: dict[tuple[tuple[str, ...], tuple[str, str] | None], Recipe] = {}
        self._alarm = alarm or _unheard

    def open(self, *, binds: Sequence[str] = (), warm: tuple[str, str] | None = None) -> "LocalBox":
        """See Sandbox.open."""
        key = tuple(binds), warm
        if key not in self._recipes:
            self._recipes[key] = self._recipe(*key)
        try:
            return LocalBox(self._recipes[key], self._alarm)
        except StepError as error:
            raise SandboxError(f"cannot make a box: {error.failure}", cure_for(error.failure)) from error
        except HostileReportError as error:
            self._alarm(error)
            raise

    def _recipe(self, binds: tuple[str, ...], warm: tuple[str, str] | None) -> Recipe:
        tree = tree_request(binds, counted=self.cgroups.version > 0)
        recipe = Recipe(helper=self._helper, cold=wire.pack_build(tree), cgroups=self.cgroups)
        if warm is None or not self._extension:
            return recipe
        start = WarmStart(warm, self._extension)
        whole = msgspec.structs.replace(tree, arguments=start.argv, variables=start.variables)
        return msgspec.structs.replace(recipe, warm=start, build=wire.pack_build(whole))


class LocalBox:
    """One box; see Box.

    A run in which the kernel had to kill the box's own runner for want of memory ends with Stopped.MEMORY,
    and the box is made anew behind it.
    """

    def __init__(self, recipe: Recipe, alarm: Alarm) -> None:
        self._recipe = recipe
        self._warm = recipe.warm
        """What stands by; None once that is known to be of no use."""
        self._alarm = alarm
        self._reports: list[wire.Report] = []
        self._own_us = 0
        self._loaded: Mapping[str, tuple[bytes, int]] | None = None
        self._static: dict[str, int] = {}
        self._closed = False
        self._meter: Meter | None = None
        self._link: Link | None = None
        self._start()

    def load(self, files: Mapping[str, tuple[bytes, int]]) -> None:
        """See Box.load."""
        if self._loaded is not None:
            raise BoxError("the box's program area is written already")
        self._loaded = dict(files)
        self._static = {f"/prog/{path}": static_bytes(content) for path, (content, _) in files.items()}
        with self._closed_on_error():
            self._fill()

    def run(self, command: Command, stdin: bytes = b"") -> Outcome:
        """See Box.run."""
        for path in command.collect:
            wire.checked_path(path)
        request = wire.pack_run(
            run_request(command, counted=self._meter is not None, warm=self._is_warm(command))
        )
        archive = wire.pack_archive({path: (content, 0o644) for path, content in command.files.items()})
        with contextlib.ExitStack() as stack, self._closed_on_error():
            fds = [
                memfile(stack, "stdin", [stdin], sealed=True),
                memfile(stack, "stdout"),
                memfile(stack, "stderr"),
            ]
            if archive:
                fds.append(memfile(stack, "files", archive, sealed=True))
            return self._run(command, request, fds)

    def close(self) -> None:
        """See Box.close. Raises HostileReportError when its reports leave out CPU time, or invent some."""
        self._closed = True
        link, self._link = self._link, None
        spent_us = link.close() if link else None
        meter, self._meter = self._meter, None
        if meter:
            meter.close()
        reports, self._reports = self._reports, []
        if reports and spent_us is not None:
            try:
                word.check_total(reports, spent_us, self._own_us)
            except HostileReportError as error:
                self._alarm(error)
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except HostileReportError:
            if kind is None:  # else what is on its way says more
                raise

    def _start(self) -> None:
        try:
            self._meter = self._recipe.cgroups.make()
        except OSError as error:
            raise BoxError(f"cannot make a cgroup: {error}") from error
        recipe, warm = self._recipe, self._warm
        try:
            with contextlib.ExitStack() as stack:
                extension = [memfile(stack, "extension", warm.archive, sealed=True)] if warm else []
                build = recipe.build if warm else recipe.cold
                self._link = Link(recipe.helper, build, self._meter, extension)
        except BaseException:
            self.close()
            raise

    @property
    def warm(self) -> bool:
        """Whether an interpreter stands by; known only once the box is loaded."""
        return self._warm is not None

    def _is_warm(self, command: Command) -> bool:
        return (
            self._warm is not None and self._loaded is not None and self._warm.runs(command.argv, command.env)
        )

    def _fill(self) -> None:
        if self._loaded is None:
            return
        parts = wire.pack_archive(self._loaded)
        # A page more for each name: folders on the way, and every file's last page is only partly filled.
        size = sum(map(len, parts)) + _PAGE * (2 * len(parts) + 16)
        folders = sum(path.count("/") for path in self._loaded)
        with contextlib.ExitStack() as stack:
            archive = memfile(stack, "files", parts, sealed=True)
            message = wire.pack_load(size, len(self._loaded) + folders + 16)
            try:
                reply = self._alive().ask(message, [archive], LOAD_TIMEOUT_S)
            except StepError as error:
                if self._warm is None or error.failure.step != WARM_STEP:
                    raise
                reply = self._load_cold(message, archive)
            if not isinstance(reply, wire.Loaded):
                raise HostileReportError(f"the box answered {reply} to its files")
            self._own_us = reply.own_us
            if not reply.warm:
                self._warm = None

    def _load_cold(self, message: bytes, archive: int) -> wire.Report | wire.Loaded | int:
        """An interpreter that is stuck burns time, which would be held against the program: a new box."""
        self._warm = None
        self.close()
        self._closed = False
        self._start()
        return self._alive().ask(message, [archive], LOAD_TIMEOUT_S)

    def _run(self, command: Command, request: bytes, fds: Sequence[int]) -> Outcome:
        limits = command.limits
        link = self._alive()
        if self._meter:
            self._meter.begin(limits.memory_bytes)
        started = time.monotonic()
        link.send(request, fds)
        try:
            reply, collected = link.receive(limits.wall_ms / 1000 + REPLY_MARGIN_S)
        except StepError as error:
            if error.failure.fatal or error.failure.step != "exec" or command.argv[0] not in self._static:
                raise
            return _unstartable(error.failure)
        except HostileReportError:
            raise
        except BoxError:
            usage = self._meter.end() if self._meter else None
            if usage is None or usage.oom_kills == 0:
                raise
            return self._start_again(usage, limits, fds, (time.monotonic() - started) * 1000)
        elapsed_us = (time.monotonic() - started) * 1e6
        with contextlib.ExitStack() as stack:
            for fd in collected:
                stack.callback(os.close, fd)
            usage = self._meter.end() if self._meter else None
            if not isinstance(reply, wire.Report):
                raise HostileReportError(f"the box answered {reply} to a run")
            output_bytes, stderr_bytes = (os.fstat(fd).st_size for fd in fds[1:3])
            seen = word.Seen(
                limits=limits,
                elapsed_us=elapsed_us,
                usage=usage,
                output_bytes=output_bytes,
                stderr_bytes=stderr_bytes,
                collects=len(command.collect),
                files=collected,
            )
            word.check_report(reply, seen)
            self._reports.append(reply)
            weighed = weigh(
                reply,
                usage,
                limits,
                static_bytes=self._static.get(command.argv[0], 0),
                output_bytes=output_bytes,
            )
            names = [path for bit, path in enumerate(command.collect) if reply.collected >> bit & 1]
            return Outcome(
                exit_code=weighed.exit_code,
                signal=weighed.signal,
                stopped=weighed.stopped,
                cpu_ms=weighed.cpu_ms,
                wall_ms=weighed.wall_ms,
                memory_kb=weighed.memory_kb,
                stdout=read_memfile(fds[1], limits.output_bytes),
                stderr=read_memfile(fds[2], limits.stderr_bytes),
                files={
                    path: read_memfile(fd, command.collect[path])
                    for path, fd in zip(names, collected, strict=True)
                },
                why=weighed.why,
            )

    def _start_again(self, usage: Usage, limits: Limits, fds: Sequence[int], wall_ms: float) -> Outcome:
        """The box died of its program's memory: that is the outcome, and the next run finds a new box."""
        self._reports = []  # what it spent was not waited for by those who died
        self.close()
        stdout, stderr = read_memfile(fds[1], limits.output_bytes), read_memfile(fds[2], limits.stderr_bytes)
        self._closed = False
        self._start()
        self._fill()
        return Outcome(
            exit_code=None,
            signal=9,
            stopped=Stopped.MEMORY,
            cpu_ms=usage.cpu_us / 1000,
            wall_ms=wall_ms,
            memory_kb=limits.memory_bytes // 1024,
            stdout=stdout,
            stderr=stderr,
            why=f"used all of its {limits.memory_bytes >> 20} MB memory, and left none to end in",
        )

    def _alive(self) -> Link:
        if self._closed or self._link is None:
            raise BoxError("the box is closed")
        return self._link

    @contextlib.contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        """A box that failed in the middle of a request is out of step with us and cannot be used again."""
        try:
            yield
        except StepError as error:
            if error.failure.fatal:
                self._discard()
            raise
        except HostileReportError as error:
            self._discard()
            self._alarm(error)
            raise
        except OSError as error:
            self._discard()
            raise BoxError(f"cannot use a box: {error}") from error
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        """Close a box that has failed: of its runs nothing can be told any more."""
        self._reports = []
        self.close()


def _unstartable(failure: wire.Failure) -> Outcome:
    """A loaded program that the kernel does not take: a source can ask for a loader that is not there."""
    why = f"cannot be executed: {os.strerror(failure.error)}"
    return Outcome(
        exit_code=127,
        signal=None,
        stopped=Stopped.NO,
        cpu_ms=0,
        wall_ms=0,
        memory_kb=0,
        stdout=b"",
        stderr=why.encode(),
        why=why,
    )


def _unheard(_: HostileReportError) -> None:
    """Nobody listens: what is raised has to do."""
