"""Where attacks are judged: each in real boxes of this host, as a worker would, and looked after."""

import contextlib
import platform
import re
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from judgeline.judging.attacks.attack import Attack, Kind, Result
from judgeline.judging.attacks.packages import INNOCENT, make_package
from judgeline.judging.attacks.secrets import Secrets
from judgeline.judging.attacks.traces import Tracker, keeping_orphans
from judgeline.judging.attacks.watched import WatchedSandbox
from judgeline.judging.attacks.watchman import Watchman
from judgeline.judging.buildcache import BuildCache
from judgeline.judging.errors import JudgingError
from judgeline.judging.judge import Judge
from judgeline.judging.languages import Language, Languages
from judgeline.judging.packages import Package
from judgeline.judging.sandbox.box import Command, Outcome, Sandbox
from judgeline.judging.verdicts import Judgement, Verdict

_BREACH = re.compile(rb"^BREACH\b.*", re.MULTILINE)
_CACHE_BYTES = 64 << 20
_NEIGHBOUR = Command(argv=("/bin/cat", "/prog/secret"))


class Arena:
    """Judges attacks in a sandbox. Enter it; not safe for threads, and changes its process's environment.

    ``caches`` are folders of the host, beside its own, that no attack may change: the sandbox's helper's.
    Raises SandboxError where no box can be made.
    """

    def __init__(
        self, sandbox: Sandbox, languages: Languages | None = None, caches: Iterable[Path] = ()
    ) -> None:
        self._sandbox = sandbox
        self._languages = languages or Languages.load()
        self._caches = list(caches)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="judgeline-arena-")))
            folder.chmod(0o755)
            stack.enter_context(keeping_orphans())
            self._folder = folder
            self._secrets = stack.enter_context(Secrets(folder))
            self._watched = WatchedSandbox(self._sandbox)
            cache = folder / "builds"
            self._judge = stack.enter_context(
                Judge(self._watched, self._languages, BuildCache(cache, _CACHE_BYTES))
            )
            self._neighbour = stack.enter_context(self._sandbox.open())
            self._neighbour.load({"secret": (self._secrets.word.encode(), 0o444)})
            cgroups = getattr(self._sandbox, "cgroups", None)
            self._tracker = Tracker(
                self._secrets.mark, cgroups.parents.values() if cgroups else (), self._caches
            )
            self._watchman = Watchman([folder, Path(tempfile.gettempdir()), *self._caches, Path("/")])
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self, attack: Attack) -> Result:
        """Judge one attack and look after it."""
        language = attack.language(self._languages)
        missing = self._missing(attack, language)
        if missing or language is None:
            return Result(
                name=attack.name, group=attack.group, kind=attack.kind, seen="not tried", skipped=missing
            )
        started = time.monotonic()
        with self._watchman:
            seen, faults = self._try(attack, language)
        if self._watchman.faults():
            # Others work on this host too: only what is seen twice is the attack's doing.
            with self._watchman:
                seen, faults = self._try(attack, language)
        return Result(
            name=attack.name,
            group=attack.group,
            kind=attack.kind,
            seen=seen,
            faults=[*faults, *self._watchman.faults()],
            seconds=round(time.monotonic() - started, 3),
        )

    def _missing(self, attack: Attack, language: Language | None) -> str:
        if attack.machine not in {"", platform.machine()}:
            return f"it is for {attack.machine} only"
        if language is None:
            return f"no language for {attack.file}"
        return language.missing

    def _try(self, attack: Attack, language: Language) -> tuple[str, list[str]]:
        """Judge it as often as it wants; gives what was seen last, and all faults."""
        helper = str(self._caches[0]) if self._caches else str(self._folder)
        places = {**self._secrets.places(), "BUILDS": str(self._folder / "builds"), "HELPER": helper}
        package = make_package(self._folder, attack, places)
        source = attack.source(places)
        if attack.kind is Kind.CHECKER:
            language, source = self._languages.find("python3"), INNOCENT["python3"]
        seen, faults = "", list[str]()
        before = self._tracker.take()
        for _ in range(attack.submissions):
            seen, wrong = self._judge_once(attack, package, language.id, source)
            faults += wrong
        faults += self._innocents(package, language.id)
        self._judge.close()  # the box made ahead is ours, and would be seen
        faults += self._tracker.left_since(before)
        faults += self._secrets.touched()
        faults += self._neighbours()
        return seen, list(dict.fromkeys(faults))

    def _judge_once(
        self, attack: Attack, package: Package, language: str, source: bytes
    ) -> tuple[str, list[str]]:
        self._watched.take()
        started = time.monotonic()
        try:
            self._judge.prepare()
            judgement = self._judge.judge(package, language, source)
        except JudgingError as error:
            return f"{type(error).__name__}: {error}", [f"it could not be judged: {error}"]
        took = time.monotonic() - started
        outcomes, faults = self._watched.take()
        seen = f"{judgement.verdict}: {judgement.why}" if judgement.why else str(judgement.verdict)
        if judgement.verdict not in attack.verdicts:
            faults.append(f"judged {seen}, not {' or '.join(attack.verdicts)}")
        elif attack.why and not re.search(attack.why, judgement.why):
            faults.append(f"the reason is {judgement.why!r}, where {attack.why!r} belongs")
        if took > attack.within_s:
            faults.append(f"judging it took {took:.1f} s of at most {attack.within_s:g}")
        faults += self._told(judgement, outcomes)
        return seen, faults

    def _told(self, judgement: Judgement, outcomes: Iterable[Outcome]) -> list[str]:
        """What came out: a breach that a program tells of, or a secret."""
        texts = [f"{judgement.why}\n{judgement.compile_output}".encode()]
        texts += [test.why.encode() for test in judgement.tests]
        for outcome in outcomes:
            texts += [outcome.stdout, outcome.stderr, *outcome.files.values()]
        faults = [line.decode(errors="replace")[:200] for text in texts for line in _BREACH.findall(text)[:5]]
        if any(map(self._secrets.told_in, texts)):
            faults.append("a secret came out")
        return faults

    def _innocents(self, package: Package, language: str) -> list[str]:
        """The next submission, of the same language, is judged as if nothing had been."""
        source = INNOCENT.get(language)
        if source is None or package.checkers:
            language, source = "python3", INNOCENT["python3"]
        honest = make_package(self._folder, _HONEST, {})
        try:
            self._judge.prepare()
            judgement = self._judge.judge(honest, language, source)
        except JudgingError as error:
            return [f"the next submission could not be judged: {error}"]
        outcomes, faults = self._watched.take()
        if judgement.verdict is not Verdict.ACCEPTED:
            faults.append(f"the next submission: {judgement.verdict}: {judgement.why}")
        if [outcome.stdout for outcome in outcomes[-_HONEST_RUNS:]] != [b"42\n"] * _HONEST_RUNS:
            faults.append("the next submission did something else")
        return faults

    def _neighbours(self) -> list[str]:
        """A box that stood beside it all the time is as it was."""
        try:
            outcome = self._neighbour.run(_NEIGHBOUR)
        except JudgingError as error:
            return [f"the box beside it serves no more: {error}"]
        fine = outcome.stdout == self._secrets.word.encode()
        return [] if fine else ["the box beside it is not as it was"]


_HONEST = Attack(does="adds", file="", verdicts=[Verdict.ACCEPTED], time_s=5, tests=2)
_HONEST_RUNS = _HONEST.tests
