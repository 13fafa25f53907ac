from types import SimpleNamespace

import msgspec
import pytest

from judgeline.config import Config, MailConfig, Settings, load_config
from judgeline.config.errors import ConfigError
from judgeline.config.handlers import HANDLERS
from judgeline.judging.errors import BoxError, LanguageError, PackageError, SandboxError
from judgeline.judging.packages import Package, PackageLimits
from judgeline.judging.packages.groups import Group
from judgeline.judging.sandbox.box import Limits
from judgeline.judging.verdicts import Judgement, Progress, RunResult, Verdict
from judgeline.mail.errors import BadMessage
from judgeline.mail.recipients import RecipientState, RecipientStatus, Report, decode_states, encode_states
from judgeline.payloads import EmailPayload, PayloadError, RunPayload, SubmissionPayload, encode
from judgeline.queues.handler import GiveUp, Retry
from judgeline.queues.job import Claim
from judgeline.queues.options import QueueOptions
from workers import handlers
from workers.errors import Unready
from workers.handlers import email, judge, noop


class Notes:
    """A context that keeps what it is told."""

    def __init__(self):
        self.notes, self.checkpoints, self.stages, self.limits = [], [], [], []
        self.progress = self.notes.append
        self.checkpoint = self.checkpoints.append
        self.limit = self.limits.append

    def stage(self, stage, test=0):
        self.stages.append((stage, test))


def claim_of(payload, **more):
    data = payload if isinstance(payload, bytes) else encode(payload)
    fields = {"id": "j", "worker": "w", "attempt": 1, "crashes": 0, "priority": "low", "user": ""}
    return Claim(**fields, payload=data, **more)


def test_the_allow_list_is_what_the_configuration_accepts():
    assert tuple(handlers.ALLOWED) == HANDLERS
    for name in HANDLERS:
        assert callable(handlers.load(name))


@pytest.mark.parametrize("name", ["os", "workers.handlers.noop", "", "Judge"])
def test_a_handler_that_is_not_on_the_list_is_not_imported(name):
    with pytest.raises(ConfigError, match="is not one of judge, email, noop"):
        handlers.load(name)


def test_noop_follows_its_instructions_and_refuses_others():
    handler = noop.NoopHandler()
    assert handler(claim_of(b""), Notes()) == b'{"done":true}'
    assert len(handler(claim_of(b'{"result_bytes": 1000}'), Notes())) > 1000
    context = Notes()
    handler(claim_of(b'{"steps": 3, "limit_ms": 500}'), context)
    assert context.limits == [0.5]
    assert context.stages == [("step", 1), ("step", 2), ("step", 3)]
    with pytest.raises(PayloadError, match="not instructions"):
        handler(claim_of(b'{"sleep": 1}'), Notes())
    with pytest.raises(PayloadError):
        handler(claim_of(b"\xff"), Notes())


class FakeMailer:
    def __init__(self, *rounds):
        self.rounds = list(rounds)
        self.done = []
        self.closed = False

    def send(self, message, recipients_done, *, note, within_s=None):
        self.message, self.within_s = message, within_s
        self.done.append(dict(recipients_done))
        states = self.rounds.pop(0)
        if isinstance(states, Exception):
            raise states
        note(states)
        return Report(states)

    def close(self):
        self.closed = True


SENT = RecipientState(RecipientStatus.SENT, 250, "ok")
DEFERRED = RecipientState(RecipientStatus.DEFERRED, 451, "later")
MAIL = EmailPayload(to=["a@x.org", "b@x.org"], subject="Hi", text="Hello")


def test_an_email_is_done_when_everybody_is_settled():
    mailer = FakeMailer({"a@x.org": SENT, "b@x.org": SENT})
    context = Notes()
    result = email.EmailHandler(mailer, 60)(claim_of(MAIL), context)
    assert decode_states(result) == {"a@x.org": SENT, "b@x.org": SENT}
    assert [decode_states(data) for data in context.checkpoints] == [{"a@x.org": SENT, "b@x.org": SENT}]
    assert (mailer.message.job_id, mailer.message.to) == ("j", ("a@x.org", "b@x.org"))


def test_an_email_that_leaves_somebody_is_a_retry_and_starts_from_its_checkpoint():
    mailer = FakeMailer({"a@x.org": SENT, "b@x.org": DEFERRED})
    handler = email.EmailHandler(mailer, 60)
    with pytest.raises(Retry, match="1 of 2 recipients are left: 451 later"):
        handler(claim_of(MAIL, checkpoint=encode_states({"a@x.org": SENT})), Notes())
    assert mailer.done == [{"a@x.org": SENT}]
    handler.close()
    assert mailer.closed


def test_an_email_that_nobody_can_send_is_given_up():
    handler = email.EmailHandler(FakeMailer(BadMessage("subject", "holds a line break")), 60)
    with pytest.raises(GiveUp, match="subject"):
        handler(claim_of(MAIL), Notes())
    with pytest.raises(PayloadError, match="not an e-mail"):
        handler(claim_of(RunPayload(language="c", source="x")), Notes())


@pytest.fixture
def place(tmp_path):
    def place(options=None, environ=None, **tables):
        settings = Settings.from_environment({"JUDGELINE_HOME": str(tmp_path), **(environ or {})})
        queue = options or QueueOptions(handler="noop", timeout_s=100)
        config = Config(queues={"submissions": queue, "emails": queue}, folder=str(tmp_path), **tables)
        return handlers.Workplace(settings, config, queue)

    return place


def test_the_email_handler_is_made_from_the_configuration(place, tmp_path):
    handler = email.make(place())
    handler(claim_of(MAIL), Notes())
    assert (tmp_path / "outbox" / "j.eml").exists()
    with pytest.raises(Unready):
        email.make(place(mail=MailConfig(sender="no address")))
    with pytest.raises(Unready):
        email.make(place(environ={"SMTP_URL": "smtp://host:25?tls=maybe"}))


class FakeJudge:
    """Judges as it is told, and tells two steps of progress."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.prepared = 0

    def _answer(self, *asked, progress, **more):
        self.asked.append((*asked, more))
        progress(Progress(stage="compiling"))
        progress(Progress(stage="testing", test=1, tests_total=2))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    judge = run = _answer

    def prepare(self):
        self.prepared += 1
        if isinstance(self.answer, Exception):
            raise self.answer

    def close(self):
        self.prepared = 0


class Shelf:
    folder = "problems"

    def __init__(self, found):
        self.found = found

    def find_version(self, _slug, _version):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


PACKAGE = SimpleNamespace(version="0" * 64)
ACCEPTED = Judgement(verdict=Verdict.ACCEPTED, tests_total=2)
SUBMISSION = SubmissionPayload(problem="aplusb", language="c", source="int main(){}")
RUN = RunPayload(language="c", source="int main(){}", stdin="é", expected_output="x")


def judging(answer, found=PACKAGE, monkeypatch=None, max_attempts=3, **speed):
    terms = judge.Terms(run_limits=Limits(), max_attempts=max_attempts, **speed)
    return judge.JudgeHandler(FakeJudge(answer), Shelf(found), terms)


def test_a_submission_is_judged_with_progress_and_its_packages_own_limit(monkeypatch):
    monkeypatch.setattr(judge, "time_budget_s", lambda package: 12.5 if package == PACKAGE else 0)
    context = Notes()
    result = judging(ACCEPTED)(claim_of(SUBMISSION), context)
    judged = msgspec.json.decode(result)
    assert (judged["verdict"], judged["version"]) == ("accepted", PACKAGE.version)
    assert context.limits == [12.5]
    assert context.stages == [("compiling", 0), ("testing", 1)]
    assert msgspec.json.decode(context.notes[1]) == {"stage": "testing", "test": 1, "tests_total": 2}


@pytest.mark.parametrize(("scale_time", "time_s"), [(False, 3.0), (True, 6.0)])
def test_the_hosts_speed_is_told_and_limits_follow_it_only_if_asked_to(
    monkeypatch, tmp_path, scale_time, time_s
):
    package = Package(
        slug="a",
        path=tmp_path,
        name="A",
        version="1" * 64,
        format="legacy",
        limits=PackageLimits(time_s=3.0),
        tests=(),
        root=Group(),
    )
    handler = judging(ACCEPTED, package, speed=0.5, scale_time=scale_time)
    context = Notes()
    assert msgspec.json.decode(handler(claim_of(SUBMISSION), context))["host_speed"] == 0.5
    assert handler._judge.asked[0][0].limits.time_s == time_s
    assert context.limits == [judge.time_budget_s(handler._judge.asked[0][0])]


def test_a_host_that_nobody_measured_tells_of_no_speed(monkeypatch):
    monkeypatch.setattr(judge, "time_budget_s", lambda _package: 1)
    assert "host_speed" not in msgspec.json.decode(judging(ACCEPTED)(claim_of(SUBMISSION), Notes()))


def test_a_run_gets_its_stdin_and_its_expected_output():
    handler = judging(RunResult(verdict=Verdict.ACCEPTED, stdout="x"))
    context = Notes()
    assert msgspec.json.decode(handler(claim_of(RUN), context))["stdout"] == "x"
    (asked,) = handler._judge.asked
    assert asked[:3] == ("c", "int main(){}", "é".encode())
    assert asked[-1] == {"expected_output": b"x"}
    assert len(context.limits) == 1


@pytest.mark.parametrize(
    ("answer", "found", "kind"),
    [
        (ACCEPTED, None, Retry),
        (ACCEPTED, PackageError("aplusb", ["problem.yaml: missing"]), Retry),
        (LanguageError("c cannot be used on this host"), PACKAGE, Retry),
        (BoxError("the box broke"), PACKAGE, Retry),
        (SandboxError("no user namespaces", "sysctl ..."), PACKAGE, Unready),
    ],
)
def test_what_is_no_verdict_is_tried_again_elsewhere_or_later(monkeypatch, answer, found, kind):
    monkeypatch.setattr(judge, "time_budget_s", lambda _package: 1)
    with pytest.raises(kind):
        judging(answer, found)(claim_of(SUBMISSION), Notes())


def test_a_failure_of_the_judge_is_the_verdict_only_when_the_attempts_are_used_up(monkeypatch):
    monkeypatch.setattr(judge, "time_budget_s", lambda _package: 1)
    failed = Judgement(verdict=Verdict.JUDGE_ERROR, why="the judge failed: its checker crashed")
    handler = judging(failed)
    with pytest.raises(Retry, match="its checker crashed"):
        handler(claim_of(SUBMISSION), Notes())
    last = handler(claim_of(SUBMISSION, failures=2), Notes())
    assert msgspec.json.decode(last)["verdict"] == "judge_error"


def test_an_email_or_garbage_on_the_judges_queue_is_no_payload():
    for payload in (MAIL, b"{}", b"\x00"):
        with pytest.raises(PayloadError):
            judging(ACCEPTED)(claim_of(payload), Notes())


def test_an_idle_judge_prepares_a_box_and_says_when_it_cannot():
    ready = judging(ACCEPTED)
    ready.idle()
    assert ready._judge.prepared == 1
    ready.close()
    assert ready._judge.prepared == 0
    judging(BoxError("one box broke")).idle()
    with pytest.raises(Unready, match="no user namespaces"):
        judging(SandboxError("no user namespaces")).idle()


def test_without_a_sandbox_the_judge_is_not_made_and_the_cure_is_named(place, monkeypatch):
    def missing(_cache, **_options):
        raise SandboxError("user namespaces are off", "sysctl -w kernel.unprivileged_userns_clone=1")

    monkeypatch.setattr(judge, "open_sandbox", missing)
    with pytest.raises(Unready, match="sysctl -w kernel"):
        judge.make(place())


def test_a_queue_that_names_another_handler_is_refused_with_its_key(tmp_path):
    path = tmp_path / "queues.toml"
    path.write_text("[queues.submissions]\nhandler = 'jugde'\n[queues.emails]\nhandler = 'email'\n")
    with pytest.raises(ConfigError, match="did you mean 'judge'") as caught:
        load_config(path)
    assert caught.value.key == "queues.submissions.handler"
    assert "judge, email, noop" in caught.value.reason
