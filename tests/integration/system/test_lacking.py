"""A host that lacks something for judging: one line says what, and its cure, and everything else runs."""

import shutil
import subprocess

import pytest

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}
OWN_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps")
NO_MORE = (
    "echo 0 >/proc/sys/user/max_user_namespaces"
    " && exec setpriv --inh-caps=-all --ambient-caps=-all {judgeline} up"
)


def check(system, lacks, cure):
    """The warning, the refusal, the red light; and e-mails go on."""
    (warning,) = [line for line in system.output if line.startswith("judgeline: no judging here")]
    assert lacks in warning
    assert cure in warning
    system.until(lambda: "queue submissions" in system.unready(), "a red light")
    assert system.unready().keys() == {"queue submissions"}
    assert cure in system.unready()["queue submissions"]
    for path, body in (
        ("/v1/submissions", SUBMISSION),
        ("/v1/runs", {"language": "python3", "source": "print(1)"}),
    ):
        refused = system.call("POST", path, body)
        assert (refused.status, refused.json["type"]) == (503, "/v1/errors/no-sandbox")
        assert cure in refused.text
    letter = {"to": ["ada@post.example"], "subject": "Results", "text": "Later."}
    sent = system.ended(system.post("/v1/emails", letter, system.operator), system.operator)
    assert sent["status"] == "done"


def test_no_compiler(system):
    """PATH holds what the Procfile and the system's own scripts need, and no compiler."""
    programs = system.folder / "programs"
    programs.mkdir()
    for name in ("sh", "env", "uname", "python3"):
        (programs / name).symlink_to(shutil.which(name))
    system.start(PATH=str(programs))
    system.until(system.answers, "the API")
    check(system, "no C compiler", "sudo apt-get install gcc")


def test_no_user_namespaces(system):
    """As a plain user, in a user namespace in which no further one may be made."""
    if subprocess.run([*OWN_NAMESPACE, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this host grants no user namespaces to begin with")
    script = NO_MORE.format(judgeline=system.bin / "judgeline")
    system.start(command=(*OWN_NAMESPACE, "sh", "-c", script))
    system.until(system.answers, "the API")
    check(system, "namespaces: ", "sudo sysctl -w user.max_user_namespaces")
