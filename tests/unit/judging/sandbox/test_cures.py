import errno
import platform
import sys

import pytest

from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox import cures
from judgeline.judging.sandbox.wire import Failure

REFUSED = Failure(errno.EPERM, True, "namespaces")


@pytest.fixture
def sysctl(tmp_path):
    def make(**values):
        for name, value in values.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{value}\n")
        return tmp_path

    return make


def test_a_container_needs_its_options(sysctl):
    docker = cures.cure_for(REFUSED, sysctl=sysctl(), container="docker")
    for option in ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"):
        assert f"--security-opt {option}" in docker
    kubernetes = cures.cure_for(REFUSED, sysctl=sysctl(), container="kubernetes")
    assert "hostUsers: false" in kubernetes
    assert "procMount: Unmasked" in kubernetes


def test_a_host_needs_its_switch(sysctl):
    ubuntu = sysctl(kernel__apparmor_restrict_unprivileged_userns=1)
    denied = Failure(errno.EACCES, True, "private mounts")
    assert cures.cure_for(denied, sysctl=ubuntu, container="") == (
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    )
    debian = sysctl(kernel__unprivileged_userns_clone=0)
    assert cures.cure_for(REFUSED, sysctl=debian, container="") == cures.CLONE_SYSCTL
    none = sysctl(user__max_user_namespaces=0)
    assert cures.cure_for(REFUSED, sysctl=none, container="") == cures.MAX_SYSCTL
    assert cures.cure_for(Failure(errno.ENOSPC, True, "namespaces"), container="docker") == cures.MAX_SYSCTL


def test_other_causes(sysctl):
    assert cures.cure_for(Failure(errno.ENOSYS, True, "protect /"), sysctl=sysctl(), container="") == (
        cures.NEWER_KERNEL
    )
    assert (
        cures.cure_for(Failure(errno.EAGAIN, True, "fork"), sysctl=sysctl(), container="") == cures.RESOURCES
    )
    assert cures.cure_for(Failure(errno.ENOENT, True, "bind /usr"), sysctl=sysctl(), container="") == ""


@pytest.mark.parametrize(
    ("system", "machine", "release", "cure"),
    [
        ("darwin", "arm64", "24.1", cures.LINUX_ONLY),
        ("linux", "riscv64", "6.1", cures.LINUX_ONLY),
        ("linux", "x86_64", "5.10.0-21-amd64", cures.NEWER_KERNEL),
    ],
)
def test_hosts_that_can_have_no_box_say_so_at_once(monkeypatch, system, machine, release, cure):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "release", lambda: release)
    with pytest.raises(SandboxError) as caught:
        cures.check_platform()
    assert caught.value.cure == cure


@pytest.mark.parametrize(
    ("release", "version"),
    [("6.18.44-fc", (6, 18)), ("5.14", (5, 14)), ("6.1-rc3+", (6, 1)), ("7.0.0", (7, 0))],
)
def test_kernel_versions(monkeypatch, release, version):
    monkeypatch.setattr(platform, "release", lambda: release)
    assert cures.kernel_version() == version
