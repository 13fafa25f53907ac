"""Checkers: what decides whether an output is right.

The default one compares token by token in this process. A package's own (an output validator) is foreign
code that reads a stranger's output: it is compiled and run in boxes, and whatever it does but exit with 42
or 43 is a judge error of that submission.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Protocol

import msgspec

from judgeline.judging.buildcache import BuildCache
from judgeline.judging.compare import Flags, compare
from judgeline.judging.compile import build
from judgeline.judging.errors import CheckerError, LanguageError
from judgeline.judging.languages import Languages
from judgeline.judging.packages.package import Package, PackageLimits, ProgramSource, Test
from judgeline.judging.program import Program, Sources, language_of
from judgeline.judging.sandbox.box import Box, Limits, Outcome, Sandbox, Stopped
from judgeline.judging.verdicts import Verdict
from judgeline.judging.words import amount, ending, one_line

ACCEPTED, WRONG = 42, 43
_MOST_FEEDBACK = 64 << 10
_SCORES = ("score.txt", "score_multiplier.txt")
FEEDBACK = tuple(f"feedback/{name}" for name in ("judgemessage.txt", "teammessage.txt", *_SCORES))
_MOST_KEPT = 32
"""Packages whose compiled checkers are kept."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a checker found."""

    verdict: Verdict
    """accepted, wrong_answer or judge_error."""
    why: str = ""
    """For the one who submitted; quotes data only where the test's may be seen."""
    message: str = ""
    """For the package's authors: judgemessage.txt, or what the default checker found."""
    scores: Mapping[str, bytes] = {}
    """The score files that the checker wrote."""


class Checker(Protocol):
    """Judges the outputs of one submission."""

    def check(self, test: Test, output: bytes) -> Checked:
        """Judge one output. Raises BoxError where the checker's box failed, OSError where data is gone."""


class DefaultChecker:
    """The format's default output validator."""

    def check(self, test: Test, output: bytes) -> Checked:
        """Compare with the answer as the test's flags say."""
        difference = compare(output, test.answer(), Flags.parse(test.checker_args))
        if not difference:
            return Checked(verdict=Verdict.ACCEPTED)
        return Checked(verdict=Verdict.WRONG_ANSWER, why=difference if test.shown else "", message=difference)


class CustomChecker:
    """A package's own output validators, each in a box of its own; all of them must accept."""

    def __init__(self, boxes: Sequence[tuple[Box, Program]], limits: PackageLimits) -> None:
        self._boxes = boxes
        self._limits = limits

    def check(self, test: Test, output: bytes) -> Checked:
        """Run every validator on the output, until one does not accept."""
        checked = Checked(verdict=Verdict.ACCEPTED)
        for box, program in self._boxes:
            checked = self._run(box, program, test, output)
            if checked.verdict != Verdict.ACCEPTED:
                break
        return checked

    def _run(self, box: Box, program: Program, test: Test, output: bytes) -> Checked:
        files = {
            "input.in": test.input(),
            "answer.ans": test.answer(),
            # They stand there empty so that their folder does.
            "feedback/judgemessage.txt": b"",
            "feedback/teammessage.txt": b"",
        }
        carried = sum(map(len, files.values()))
        command = program.command(
            validation_limits(self._limits, carried),
            # The format wants the folder's name to end with a slash.
            args=["/tmp/input.in", "/tmp/answer.ans", "/tmp/feedback/", *test.checker_args],  # noqa: S108  the box's own
            files=files,
            collect=dict.fromkeys(FEEDBACK, _MOST_FEEDBACK),
        )
        return self.judged(box.run(command, output), test)

    def judged(self, outcome: Outcome, test: Test) -> Checked:
        """What a validator's run says."""
        for_team = one_line(outcome.files.get("feedback/teammessage.txt", b""), 500)
        for_judges = outcome.files.get("feedback/judgemessage.txt", b"").decode(errors="replace").strip()
        failed = checker_failure(outcome, self._limits)
        if failed:
            return Checked(verdict=Verdict.JUDGE_ERROR, why=f"the checker {failed}", message=for_judges)
        right = outcome.exit_code == ACCEPTED
        why = for_team or (one_line(for_judges.encode(), 500) if test.shown and not right else "")
        return Checked(
            verdict=Verdict.ACCEPTED if right else Verdict.WRONG_ANSWER,
            why=why,
            message=for_judges,
            scores={
                name: outcome.files[f"feedback/{name}"]
                for name in _SCORES
                if f"feedback/{name}" in outcome.files
            },
        )


class CheckerCache:
    """Compiled checkers by package version, made once in this process."""

    def __init__(self, sandbox: Sandbox, languages: Languages, cache: BuildCache | None = None) -> None:
        self._sandbox = sandbox
        self._languages = languages
        self._cache = cache
        self._built: OrderedDict[tuple[str, str], list[Program]] = OrderedDict()

    @contextmanager
    def open(self, package: Package) -> Iterator[Checker]:
        """The checker for one submission. Raises CheckerError where it cannot be built."""
        if not package.checkers:
            yield DefaultChecker()
            return
        programs = self._programs(package)
        with ExitStack() as stack:
            boxes = [(stack.enter_context(program.open_box(self._sandbox)), program) for program in programs]
            for box, program in boxes:
                box.load(program.files)
            yield CustomChecker(boxes, package.limits)

    def _programs(self, package: Package) -> list[Program]:
        key = (package.slug, package.version)
        if key not in self._built:
            self._built[key] = [
                build_checker(source, package.limits, self._sandbox, self._languages, self._cache)
                for source in package.checkers
            ]
        self._built.move_to_end(key)
        if len(self._built) > _MOST_KEPT:
            self._built.popitem(last=False)
        return self._built[key]


def build_checker(
    source: ProgramSource,
    limits: PackageLimits,
    sandbox: Sandbox,
    languages: Languages,
    cache: BuildCache | None = None,
) -> Program:
    """Compile a checker or an input validator. Raises CheckerError with its path and why it cannot be had."""
    try:
        language = language_of(list(source.paths), languages.all())
        sources = Sources.of_files(languages.find(language.id), source.files())
    except (ValueError, LanguageError, OSError) as error:
        raise CheckerError(f"{source.name}: {error}") from error
    with sandbox.open(binds=language.binds) as box:
        built = build(box, language, sources, limits, cache)
    if built.program is None:
        said = one_line(built.output.partition("\n")[0].encode(), 300)
        raise CheckerError(f"{source.name}: {built.why}" + (f": {said}" if said else ""))
    return built.program


def validation_limits(limits: PackageLimits, carried: int = 0) -> Limits:
    """What a validator may use; ``carried`` bytes of files in its /tmp are not held against it."""
    return Limits(
        cpu_ms=limits.validation_time_s * 1000,
        wall_ms=limits.validation_time_s * 2000 + 5000,
        memory_bytes=(limits.validation_memory_mib << 20) + carried,
        output_bytes=limits.validation_output_mib << 20,
        stderr_bytes=limits.validation_output_mib << 20,
        tmp_bytes=(64 << 20) + carried,
    )


def checker_failure(outcome: Outcome, limits: PackageLimits) -> str:
    """Why a validator's run says nothing, e.g. "exited with code 7"; "" where it exited with 42 or 43."""
    match outcome.stopped:
        case Stopped.CPU:
            return f"used more than {limits.validation_time_s} s"
        case Stopped.WALL:
            return f"ran for more than {amount(validation_limits(limits).wall_ms / 1000)} s of real time"
        case Stopped.MEMORY:
            return f"needed more than {limits.validation_memory_mib} MiB of memory"
        case Stopped.OUTPUT:
            return f"printed more than {limits.validation_output_mib} MiB"
    if outcome.exit_code in {ACCEPTED, WRONG}:
        return ""
    return ending(outcome)
