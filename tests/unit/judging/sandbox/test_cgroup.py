"""On folders that look like the kernel's: what a real kernel does with them is tried in tests/sandbox."""

import os

import pytest

from judgeline.judging.sandbox import cgroup, cures
from judgeline.judging.sandbox.cgroup import Cgroups, find_cgroups
from judgeline.judging.sandbox.doctor import judge_memory
from judgeline.judging.sandbox.meter import Usage, V1Meter, V2Meter

V2_FILES = {
    "memory.max": "max",
    "memory.current": "1000000",
    "memory.peak": "3000000",
    "memory.events": "low 0\noom 0\noom_kill 2",
    "cpu.stat": "usage_usec 500\nuser_usec 400",
}
V1_FILES = {
    "memory.limit_in_bytes": "9223372036854771712",
    "memory.usage_in_bytes": "1000000",
    "memory.max_usage_in_bytes": "3000000",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2",
}


@pytest.fixture
def host(tmp_path):
    """A /proc and cgroup mounts as a host may have them."""

    def make(own, mounts):
        proc = tmp_path / "proc"
        (proc / "self").mkdir(parents=True)
        (proc / "self/cgroup").write_text("\n".join(own) + "\n")
        lines = [f"none {tmp_path / folder} {kind} {options} 0 0" for folder, kind, options in mounts]
        (proc / "self/mounts").write_text("\n".join(lines) + "\n")
        return proc

    return make


def fill(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


@pytest.fixture
def kernel_fills(monkeypatch):
    """New cgroups get their files, and lose them when they are removed, as the kernel would see to."""

    def use(module_class, files_of):
        def make(cls, where):
            for folder, files in files_of(where).items():
                fill(folder, files)
            return cls(where)

        monkeypatch.setattr(module_class, "make", classmethod(make))
        monkeypatch.setattr("judgeline.judging.sandbox.meter.remove_cgroup", lambda _folder: True)

    return use


def test_no_hierarchy_is_told_in_words(host):
    found = find_cgroups(host(["0::/"], [("unified", "cgroup2", "rw")]))
    assert found.version == 0
    assert "v2:" in found.reason
    assert "no memory hierarchy" in found.reason
    assert found.make() is None


def test_v2_where_the_memory_controller_is_handed_on(host, tmp_path, kernel_fills):
    folder = tmp_path / "unified/user/app"
    fill(folder, {"cgroup.controllers": "cpu memory pids", "cgroup.subtree_control": "", "cgroup.procs": ""})
    kernel_fills(V2Meter, lambda where: {where: V2_FILES})
    found = find_cgroups(host(["0::/user/app"], [("unified", "cgroup2", "rw")]))
    assert (found.version, found.parents) == (2, {"memory": folder})
    assert (folder / "cgroup.subtree_control").read_text() == "+memory"


def test_v2_moves_processes_down_where_it_must(host, tmp_path, kernel_fills, monkeypatch):
    folder = tmp_path / "unified/app"
    fill(folder, {"cgroup.controllers": "memory", "cgroup.subtree_control": "", "cgroup.procs": "1\n2\n"})
    kernel_fills(V2Meter, lambda where: {where: V2_FILES})
    path_type = type(folder)
    real = path_type.write_text

    def refuse_while_busy(self, text):
        if self.name == "cgroup.subtree_control" and not (folder / cgroup.MAIN).exists():
            raise OSError(16, "busy", str(self))
        return real(self, text)

    monkeypatch.setattr(path_type, "write_text", refuse_while_busy)
    found = find_cgroups(host(["0::/app"], [("unified", "cgroup2", "rw")]))
    assert found.version == 2
    assert (folder / cgroup.MAIN / "cgroup.procs").read_text() == "2"
    again = cgroup._find_v2({"": f"/app/{cgroup.MAIN}"}, {"": tmp_path / "unified"})
    assert again == {"memory": folder}, "a second worker finds itself in the leaf"


def test_v1_in_a_container_that_sees_its_own_cgroup_as_the_root(host, tmp_path, kernel_fills):
    for name in cgroup.V1_CONTROLLERS:
        (tmp_path / name).mkdir()
    kernel_fills(
        V1Meter, lambda where: {where["memory"]: V1_FILES, where["cpuacct"]: {"cpuacct.usage": "5000"}}
    )
    mounts = [(name, "cgroup", f"rw,{name}") for name in cgroup.V1_CONTROLLERS]
    found = find_cgroups(host(["4:memory:/docker/abc", "2:cpu,cpuacct:/docker/abc"], mounts))
    assert found.version == 1
    assert found.parents == {name: tmp_path / name for name in cgroup.V1_CONTROLLERS}


def test_a_cgroup_that_lacks_its_files_is_removed_again(tmp_path):
    parents = {name: tmp_path / name for name in cgroup.V1_CONTROLLERS}
    for parent in parents.values():
        parent.mkdir()
    for version in (1, 2):
        with pytest.raises(FileNotFoundError):
            Cgroups(version, parents).make()
    assert [list(parent.iterdir()) for parent in parents.values()] == [[], []]


def test_v2_counts_from_the_beginning_of_a_run(tmp_path):
    fill(tmp_path, V2_FILES)
    meter = V2Meter(tmp_path)
    meter.begin(5_000_000)
    assert int((tmp_path / "memory.max").read_text()) == 6_000_640, "whole pages beyond what the box takes"
    (tmp_path / "memory.peak").write_text("4500000")
    (tmp_path / "memory.events").write_text("oom_kill 3")
    (tmp_path / "cpu.stat").write_text("usage_usec 1500")
    assert meter.end() == Usage(peak_bytes=3_500_000, cpu_us=1_000, oom_kills=1, reached_limit=False)
    (tmp_path / "memory.peak").write_text("6000640")
    assert meter.end().reached_limit


def test_v2_before_its_peak_could_be_reset(tmp_path):
    fill(tmp_path, V2_FILES)
    (tmp_path / "memory.peak").unlink()
    meter = V2Meter(tmp_path)
    meter.begin(5_000_000)
    assert meter.end() == Usage(peak_bytes=None, cpu_us=0, oom_kills=0, reached_limit=False)


def test_v2_takes_back_what_earlier_runs_left_cached(tmp_path):
    fill(tmp_path, {**V2_FILES, "memory.reclaim": ""})
    meter = V2Meter(tmp_path)
    meter.begin(5_000_000)
    assert (tmp_path / "memory.reclaim").read_text() == ""
    (tmp_path / "memory.current").write_text("51000000")
    meter.begin(5_000_000)
    assert (tmp_path / "memory.reclaim").read_text() == "50000000"


def test_the_sweep_spares_the_living(tmp_path):
    start = cgroup._start_time(os.getpid())
    assert start
    assert cgroup._start_time(0) == ""
    living = tmp_path / f"{cgroup.PREFIX}{os.getpid()}-{start}-0"
    reborn = tmp_path / f"{cgroup.PREFIX}{os.getpid()}-1-0"
    gone = tmp_path / f"{cgroup.PREFIX}4194999-77-3"
    foreign = tmp_path / f"{cgroup.PREFIX}of-someone-else"
    for folder in (living, reborn, gone, foreign):
        folder.mkdir()
    Cgroups(1, {"memory": tmp_path, "cpuacct": tmp_path}).sweep()
    assert sorted(tmp_path.iterdir()) == sorted([living, foreign])


@pytest.mark.parametrize(
    ("mode", "words", "cure"),
    [
        (0o644, "each run's own peak", ""),
        (0o444, "weaker on this kernel: a run that stays below an earlier one", cures.NEWER_PEAKS),
        (None, "told by its largest process", cures.NEWER_PEAKS),
    ],
)
def test_the_doctor_tells_what_v2_gives_up(tmp_path, kernel_fills, monkeypatch, mode, words, cure):
    files = {name: text for name, text in V2_FILES.items() if mode or name != "memory.peak"}
    kernel_fills(V2Meter, lambda where: {where: files})
    (tmp_path / "memory").mkdir()
    real_make = V2Meter.make

    def make(where):
        meter = real_make(where)
        if mode:
            (where / "memory.peak").chmod(mode)
        return meter

    monkeypatch.setattr(V2Meter, "make", make)
    finding = judge_memory(Cgroups(2, {"memory": tmp_path / "memory"}))
    assert finding.ok
    assert finding.detail.startswith("cgroup v2")
    assert words in finding.detail
    assert finding.cure == cure


def test_the_doctor_tells_what_v1_and_none_give_up(monkeypatch):
    finding = judge_memory(Cgroups(1))
    assert (finding.ok, finding.cure) == (True, cures.UNIFIED)
    assert "cgroup v1" in finding.detail
    assert "weaker than v2" in finding.detail
    for uid, cure in ((0, cures.DELEGATE_AS_ROOT), (1000, cures.DELEGATE)):
        monkeypatch.setattr(os, "geteuid", lambda uid=uid: uid)
        finding = judge_memory(Cgroups(0, reason="v2: no memory hierarchy"))
        assert (finding.ok, finding.cure) == (True, cure)
        assert "no cgroup (v2: no memory hierarchy), so weaker: " in finding.detail
        assert "can be missed" in finding.detail
