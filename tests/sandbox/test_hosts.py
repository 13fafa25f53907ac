"""Hosts that grant less: what works there, and what is said where nothing does."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from judgeline.judging.errors import BoxError, SandboxError
from judgeline.judging.sandbox import local
from judgeline.judging.sandbox.box import Command
from judgeline.judging.sandbox.doctor import diagnose

WITHIN = """
import ctypes, os, sys
from pathlib import Path
from judgeline.judging.sandbox.doctor import diagnose

libc = ctypes.CDLL(None, use_errno=True)
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(60700, 60700, 60700)
    os.setresuid(60700, 60700, 60700)
    libc.prctl(4, 1)  # PR_SET_DUMPABLE
uid, gid = os.geteuid(), os.getegid()
assert libc.unshare(0x10000000) == 0, os.strerror(ctypes.get_errno())
Path("/proc/self/setgroups").write_text("deny")
Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
for switch in sys.argv[2:]:
    name, value = switch.split("=")
    Path("/proc/sys/user", name).write_text(value)
for finding in diagnose(Path(sys.argv[1])):
    print(finding.name, finding.ok, finding.cure)
"""
DIAGNOSE = """
import sys
from pathlib import Path
from judgeline.judging.sandbox.doctor import diagnose
for finding in diagnose(Path(sys.argv[1])):
    print(finding.name, finding.ok, finding.cure)
"""


def test_the_doctor_finds_all_well(own_sandbox, root_cache):
    findings = diagnose(root_cache)
    assert [finding.name for finding in findings] == [
        "platform",
        "compiler",
        "helper",
        "box",
        "memory",
        "warm",
    ]
    assert all(finding.ok and finding.detail for finding in findings)


def within_user_namespace(cache, **switches):
    """Diagnose as a root who is a plain user outside."""
    command = [
        sys.executable,
        "-c",
        WITHIN,
        str(cache),
        *(f"{name}={value}" for name, value in switches.items()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_root_of_a_namespace_with_one_uid_gets_boxes(own_sandbox, cache_dir):
    assert "box True " in within_user_namespace(cache_dir)


def test_a_host_without_user_namespaces_is_told_how_to_get_them(own_sandbox, cache_dir):
    lines = within_user_namespace(cache_dir, max_user_namespaces=0)
    assert lines[-1] == "box False sudo sysctl -w user.max_user_namespaces=15000"


@pytest.fixture
def no_descriptor_left():
    """This process can open nothing more, until it may again."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)

    def take_away():
        lowest = os.dup(0)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))

    yield take_away
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_worker_without_descriptors_says_so(own_sandbox, no_descriptor_left):
    no_descriptor_left()
    with pytest.raises(BoxError, match="Too many open files"):
        own_sandbox.open()


def test_a_box_without_descriptors_fails_as_a_box(own_sandbox, no_descriptor_left):
    with own_sandbox.open() as box:
        no_descriptor_left()
        with pytest.raises(BoxError, match=r"cannot use a box: .*Too many open files"):
            box.run(Command(argv=("/bin/true",)))


def test_a_data_folder_that_every_box_would_show_is_refused(monkeypatch):
    monkeypatch.delattr(local, "ensure_helper")  # it would make the folder
    with pytest.raises(SandboxError, match="every box shows") as caught:
        local.LocalSandbox(Path("/usr/share/judgeline/var/sandbox"))
    assert "JUDGELINE_HOME" in caught.value.cure


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to see it given up")
def test_a_worker_run_as_root_gives_it_up_before_anything_runs(own_sandbox):
    with own_sandbox.open() as one, own_sandbox.open() as two:
        owners = []
        for guard in (one._link._guard, two._link._guard):
            status = Path(f"/proc/{guard}/status").read_text()
            fields = dict(line.split(":", 1) for line in status.splitlines())
            uids = set(fields["Uid"].split()) | set(fields["Gid"].split())
            assert len(uids) == 1
            assert fields["Groups"].split() == []
            assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0
            owners += uids
        assert len(set(owners)) == 2
        assert all(int(uid) > 60_000 for uid in owners)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to take root's powers away")
def test_a_container_that_keeps_its_powers_back_is_told_what_to_add(own_sandbox, root_cache):
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    command = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    done = subprocess.run(
        [*command, sys.executable, "-c", DIAGNOSE, str(root_cache)],
        env={**os.environ, "KUBERNETES_SERVICE_HOST": "x"},
        capture_output=True,
        text=True,
        check=True,
    )
    last = done.stdout.splitlines()[-1]
    assert last.startswith("box False hostUsers: false")
