"""Judging: a package, a language and a source in, a judgement out.

``Judge`` is what a worker keeps: it makes boxes ahead of time and compiles a checker once. ``judge`` and
``run_source`` are the same for a single use.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from types import TracebackType
from typing import Self

from judgeline.judging.buildcache import BuildCache
from judgeline.judging.checkers import CheckerCache, validation_limits
from judgeline.judging.compare import Flags, compare
from judgeline.judging.compile import Build, build, compile_wall_ms, source_fault
from judgeline.judging.errors import BoxError, CheckerError, DataError, ScoreError
from judgeline.judging.grade import Graded, grade_test, limits_of_test, run_verdict
from judgeline.judging.languages import Language, Languages
from judgeline.judging.packages.package import Package, PackageLimits
from judgeline.judging.program import Program, Sources
from judgeline.judging.sandbox.box import Box, ColdSandbox, Command, Limits, Outcome, Sandbox, Stopped
from judgeline.judging.sandbox.layout import shows
from judgeline.judging.scoring import Grading
from judgeline.judging.trace import Trace, refused, summary, with_score
from judgeline.judging.verdicts import Judgement, Progress, RunResult, Verdict

StopCallback = Callable[[Graded], bool]
ProgressCallback = Callable[[Progress], None]
"""Told how far a judgement is. It may raise to abort: the box is thrown away and what it raised comes out."""

MOST_SOURCE = 64 << 10
"""Bytes of a run's source; a submission's bound is its package's."""
MOST_SHOWN = 64 << 10
"""Bytes of a run's output that come back."""
RUN_LIMITS = Limits(cpu_ms=5_000, wall_ms=15_000)
_MARGIN_S = 15.0
_NOTHING = Command(argv=("/bin/true",))


class Judge:
    """Judges one submission after another. Not safe for threads: a worker child has its own. Close it."""

    def __init__(
        self,
        sandbox: Sandbox,
        languages: Languages | None = None,
        cache: BuildCache | None = None,
        *,
        warm: bool = True,
    ) -> None:
        """``warm = False`` starts every run of every language anew."""
        self.sandbox = sandbox if warm else ColdSandbox(sandbox)
        self.languages = languages or Languages.load()
        self.cache = cache
        self._checkers = CheckerCache(self.sandbox, self.languages, cache)
        self._spare: Box | None = None
        self._spare_kind = next(
            (language for language in self.languages.available() if language.warm_start()), None
        )
        """The language for which the box made ahead holds an interpreter ready; others can use it too."""

    def judge(
        self,
        package: Package,
        language: str,
        source: str | bytes,
        *,
        progress: ProgressCallback | None = None,
    ) -> Judgement:
        """Judge one submission: compile it once, run the tests in order, as far as the groups' rules need.

        Raises LanguageError where the language is unknown or its tools are missing here, SandboxError where
        no box can be had at all, and whatever ``progress`` raises. A box, checker or file that fails is a
        judge_error of this submission.
        """
        found = self.languages.find(language)
        content = source if isinstance(source, bytes) else _encoded(source)
        fault = source_fault(content, package.limits.code_kib << 10)
        if not fault and package.languages and language not in package.languages:
            fault = f"this problem takes {', '.join(sorted(package.languages))} only"
        if fault:
            return refused(package, found, Build(program=None, why=fault))
        return self.trace(package, found, Sources.of_text(found, content), progress=progress).judgement

    def trace(
        self,
        package: Package,
        language: Language,
        sources: Sources,
        *,
        progress: ProgressCallback | None = None,
        stop: StopCallback | None = None,
    ) -> Trace:
        """As ``judge``, for a program of several files, with the checkers' messages.

        With ``stop`` every test is run until it, asked after each, says that this is enough.
        """
        tell = progress or _silent
        tell(Progress(stage="compiling", tests_total=len(package.tests)))
        grades: list[Graded] = []
        grading = Grading(package.root, everything=stop is not None)
        built = Build(program=None)
        try:
            _check_hidden(package, language)
            sources = _with_included(package, language, sources)
            with self._open(language) as box:
                built = build(box, language, sources, package.limits, self.cache)
                if built.program is None:
                    return Trace(judgement=refused(package, language, built))
                box.load(built.program.files)
                with closing(self._grade(box, built.program, package, grading)) as graded_tests:
                    for graded in graded_tests:
                        grades.append(graded)
                        tell(Progress(stage="testing", test=len(grades), tests_total=len(package.tests)))
                        if stop is not None and stop(graded):
                            break
        except (BoxError, CheckerError, DataError, ScoreError) as error:
            return summary(package, language, built, grades, f"the judge failed: {error}")
        return summary(package, language, built, grades, grading)

    def run(  # noqa: PLR0913  what a run consists of
        self,
        language: str,
        source: str | bytes,
        stdin: bytes = b"",
        limits: Limits | None = None,
        *,
        expected_output: bytes | None = None,
        progress: ProgressCallback | None = None,
    ) -> RunResult:
        """Run code with stdin, no problem; where an output is expected, compare token by token.

        Raises as ``judge`` does.
        """
        found = self.languages.find(language)
        content = source if isinstance(source, bytes) else _encoded(source)
        fault = source_fault(content, MOST_SOURCE)
        if fault:
            return RunResult(verdict=Verdict.COMPILE_ERROR, language=found.label, why=fault)
        granted = limits or RUN_LIMITS
        tell = progress or _silent
        tell(Progress(stage="compiling"))
        try:
            with self._open(found) as box:
                built = build(box, found, Sources.of_text(found, content), PackageLimits(), self.cache)
                if built.program is None:
                    return RunResult(
                        verdict=Verdict.COMPILE_ERROR,
                        compile_output=built.output,
                        language=found.label,
                        why=built.why,
                    )
                box.load(built.program.files)
                tell(Progress(stage="testing"))
                outcome = box.run(built.program.command(granted), stdin)
        except BoxError as error:
            return RunResult(
                verdict=Verdict.JUDGE_ERROR, language=found.label, why=f"the judge failed: {error}"
            )
        return _run_result(outcome, granted, built, built.program, expected_output)

    def prepare(self) -> None:
        """Make a box ahead: the next source finds one ready. Raises SandboxError as ``judge`` does."""
        if self._spare is None:
            kind = self._spare_kind
            self._spare = (
                self.sandbox.open(binds=kind.binds, warm=kind.warm_start()) if kind else self.sandbox.open()
            )

    def close(self) -> None:
        """Throw away the box made ahead; idempotent."""
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _open(self, language: Language) -> Iterator[Box]:
        shown = self._spare_kind.binds if self._spare_kind else ()
        # A language that needs folders of its own cannot use a box made without them.
        box = self._take_spare() if set(language.binds) <= set(shown) else None
        with box or self.sandbox.open(binds=language.binds, warm=language.warm_start()) as opened:
            yield opened

    def _take_spare(self) -> Box | None:
        """The box made ahead, if it is still alive: it may have waited for hours."""
        spare, self._spare = self._spare, None
        if spare is None:
            return None
        try:
            alive = spare.run(_NOTHING).exit_code == 0
        except BoxError:
            alive = False
        if alive:
            return spare
        spare.close()
        return None

    def _grade(self, box: Box, program: Program, package: Package, grading: Grading) -> Generator[Graded]:
        tests = {test.name: test for test in package.tests}
        try:
            with self._checkers.open(package) as checker:
                while grading.next is not None:
                    graded = grade_test(box, program, tests[grading.next], package.limits, checker)
                    failed = graded.result.verdict is Verdict.JUDGE_ERROR
                    if not failed:
                        graded = with_score(graded, grading, package)
                    yield graded
                    if failed:
                        break
        except OSError as error:
            # Not the path: it is of this machine, and a submission's reader need not know it.
            raise DataError(
                f"the problem's data cannot be read: {error.strerror or 'it has grown'}"
            ) from error


def judge(
    package: Package,
    language: str,
    source: str | bytes,
    sandbox: Sandbox,
    *,
    progress: ProgressCallback | None = None,
) -> Judgement:
    """Judge one submission; see ``Judge.judge``."""
    with Judge(sandbox) as judging:
        return judging.judge(package, language, source, progress=progress)


def run_source(  # noqa: PLR0913, PLR0917  what a run consists of
    language: str,
    source: str | bytes,
    stdin: bytes,
    limits: Limits | None,
    sandbox: Sandbox,
    expected_output: bytes | None = None,
) -> RunResult:
    """Run code with stdin, no problem; see ``Judge.run``."""
    with Judge(sandbox) as judging:
        return judging.run(language, source, stdin, limits, expected_output=expected_output)


def time_budget_s(package: Package) -> float:
    """The longest that judging one submission of this package should take, seconds of real time.

    Compiling, every test to its wall limit, and a margin for boxes, a borderline run and a checker that uses
    its whole time once; a worker that is still at it then hangs.
    """
    tests = len(package.tests) * limits_of_test(package.limits).wall_ms
    compiling = compile_wall_ms(package.limits) * (1 + len(package.checkers))
    checking = (
        validation_limits(package.limits).wall_ms + 1000 * len(package.tests) if package.checkers else 0
    )
    again = limits_of_test(package.limits).wall_ms
    return (compiling + tests + again + checking) / 1000 + _MARGIN_S


def run_budget_s(limits: Limits | None = None) -> float:
    """The longest that ``Judge.run`` should take, seconds of real time."""
    return (compile_wall_ms(PackageLimits()) + (limits or RUN_LIMITS).wall_ms) / 1000 + _MARGIN_S


def _check_hidden(package: Package, language: Language) -> None:
    """Raise DataError where a box would show the package, answers and all, to the program that is judged."""
    if shows(package.path, language.binds):
        raise DataError("the problem lies in a folder that every program can read: move it out of there")


def _with_included(package: Package, language: Language, sources: Sources) -> Sources:
    try:
        included = package.included(language.id)
    except OSError as error:
        raise DataError(
            f"the problem's files cannot be read: {error.strerror or 'they have grown'}"
        ) from error
    return sources.including(language, included) if included else sources


def _silent(_: Progress) -> None:
    """Nobody listens."""


def _encoded(source: str) -> bytes:
    """UTF-8, half surrogate pairs included: they come out as bytes that ``source_fault`` refuses."""
    return source.encode("utf-8", "surrogatepass")


def _run_result(
    outcome: Outcome, limits: Limits, built: Build, program: Program, expected_output: bytes | None
) -> RunResult:
    granted = PackageLimits(
        time_s=limits.cpu_ms / 1000,
        memory_mib=limits.memory_bytes >> 20,
        output_mib=max(1, limits.output_bytes >> 20),
    )
    verdict, why = run_verdict(outcome, granted, program, shown=True)
    if verdict == Verdict.ACCEPTED and expected_output is not None:
        why = compare(outcome.stdout, expected_output, Flags())
        verdict = Verdict.WRONG_ANSWER if why else Verdict.ACCEPTED
    stopped = outcome.stopped != Stopped.NO
    return RunResult(
        verdict=verdict,
        stdout=outcome.stdout[:MOST_SHOWN].decode(errors="replace"),
        stdout_truncated=len(outcome.stdout) > MOST_SHOWN or outcome.stopped == Stopped.OUTPUT,
        stderr=outcome.stderr[:MOST_SHOWN].decode(errors="replace"),
        stderr_truncated=len(outcome.stderr) > MOST_SHOWN,
        exit_code=None if stopped else outcome.exit_code,
        signal=None if stopped else outcome.signal,
        time_ms=round(outcome.cpu_ms, 2),
        wall_ms=round(outcome.wall_ms, 2),
        memory_kb=outcome.memory_kb,
        compile_output=built.output,
        language=program.language.label,
        why=why,
    )
