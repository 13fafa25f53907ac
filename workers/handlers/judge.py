"""Judges submissions and runs: the only place where the queue and the judge meet."""

import msgspec

from judgeline.judging.buildcache import open_cache
from judgeline.judging.errors import BoxError, HostileReportError, LanguageError, PackageError, SandboxError
from judgeline.judging.hostspeed import recall, scaled
from judgeline.judging.judge import Judge, ProgressCallback, run_budget_s, time_budget_s
from judgeline.judging.languages import Languages
from judgeline.judging.packages.folder import Library
from judgeline.judging.sandbox import open_sandbox
from judgeline.judging.sandbox.box import Limits
from judgeline.judging.verdicts import Judgement, Progress, RunResult, Verdict
from judgeline.payloads import PayloadError, RunPayload, SubmissionPayload, decode
from judgeline.queues.handler import Context, Retry
from judgeline.queues.job import Claim
from workers import log
from workers.errors import Unready
from workers.handlers import Workplace


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms this host judges."""

    run_limits: Limits
    """What a run (code with stdin, no problem) may use."""
    max_attempts: int
    """After so many the judge's own failure is the answer."""
    speed: float = 0
    """The host's beside the reference; 0 where nobody has measured it."""
    scale_time: bool = False
    """Whether time limits follow it."""


class JudgeHandler:
    """Has a judge work what a job asks for; keeps a box made ahead while nothing waits."""

    def __init__(
        self, judge: Judge, library: Library, terms: Terms, alarms: list[HostileReportError] | None = None
    ) -> None:
        """``alarms`` is where the judge's sandbox puts reports that no box can have meant."""
        self._alarms = [] if alarms is None else alarms
        self._judge = judge
        self._library = library
        self._terms = terms

    def __call__(self, claim: Claim, context: Context) -> bytes:
        """Judge; gives a Judgement or a RunResult as JSON.

        A problem or language that is missing here may be there on another machine or in a moment: a retry. So
        is a judge's own failure, while attempts are left; but not one that a forged report led to: whoever
        forged it would try again.
        """
        payload = decode(claim.payload)

        def tell(progress: Progress) -> None:
            context.stage(progress.stage, progress.test)
            context.progress(msgspec.json.encode(progress))

        try:
            if isinstance(payload, SubmissionPayload):
                result: Judgement | RunResult = self._submission(payload, context, tell)
            elif isinstance(payload, RunPayload):
                result = self._run(payload, context, tell)
            else:
                raise PayloadError("neither a submission nor a run")
        except BoxError as error:
            raise Retry(str(error)) from error
        except SandboxError as error:
            raise Unready(str(error)) from error
        except (LanguageError, PackageError) as error:
            raise Retry(str(error)) from error
        finally:
            hostile = self._tell_alarms(claim.id)
        failed = result.verdict is Verdict.JUDGE_ERROR
        if failed and not hostile and claim.failures + 1 < self._terms.max_attempts:
            raise Retry(result.why)
        return msgspec.json.encode(result)

    def idle(self) -> None:
        """Make a box ahead. Raises Unready where none can be had any more."""
        try:
            self._judge.prepare()
        except BoxError:
            return  # one box failed; the job that needs one makes its own, and says so if that fails too
        except SandboxError as error:
            raise Unready(str(error)) from error
        finally:
            self._tell_alarms("")

    def close(self) -> None:
        """Throw the box made ahead away."""
        self._judge.close()

    def _tell_alarms(self, job: str) -> bool:
        """Log every report that no box can have meant; whether there was one."""
        alarms, self._alarms[:] = list(self._alarms), []
        for alarm in alarms:
            log.box_hostile(job, alarm.reason)
        return bool(alarms)

    def _submission(self, payload: SubmissionPayload, context: Context, tell: ProgressCallback) -> Judgement:
        package = self._library.find_version(payload.problem, payload.version)
        if package is None:
            raise Retry(f"there is no problem {payload.problem!r} in {self._library.folder}")
        if self._terms.scale_time and self._terms.speed:
            package = scaled(package, self._terms.speed)
        context.limit(time_budget_s(package))
        judgement = self._judge.judge(package, payload.language, payload.source, progress=tell)
        return msgspec.structs.replace(judgement, version=package.version, host_speed=self._terms.speed)

    def _run(self, payload: RunPayload, context: Context, tell: ProgressCallback) -> RunResult:
        context.limit(run_budget_s(self._terms.run_limits))
        expected = payload.expected_output
        return self._judge.run(
            payload.language,
            payload.source,
            payload.stdin.encode(),
            self._terms.run_limits,
            expected_output=None if expected is None else expected.encode(),
            progress=tell,
        )


def make(place: Workplace) -> JudgeHandler:
    """Make the handler, and one box to see that the sandbox works. Raises Unready where it does not."""
    settings, judging = place.settings, place.config.judge
    alarms: list[HostileReportError] = []
    try:
        judge = Judge(
            open_sandbox(settings.sandbox_cache, alarm=alarms.append),
            Languages.load(place.config.languages_file),
            open_cache(settings.build_cache, judging.build_cache_mb),
            warm=judging.warm,
        )
        judge.prepare()
    except (LanguageError, SandboxError) as error:
        raise Unready(str(error)) from error
    measured = recall(settings.host_speed_file)
    terms = Terms(
        run_limits=Limits(
            cpu_ms=judging.run_cpu_ms,
            wall_ms=judging.run_cpu_ms * 2 + 1_000,
            memory_bytes=judging.run_memory_mb << 20,
        ),
        max_attempts=place.options.max_attempts,
        speed=measured.factor if measured else 0,
        scale_time=judging.scale_time,
    )
    return JudgeHandler(judge, Library(place.config.problems_folder), terms, alarms)
