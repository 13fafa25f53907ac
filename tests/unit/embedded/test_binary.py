import pytest

from judgeline.embedded import binary


@pytest.fixture
def on_path(tmp_path, monkeypatch):
    def put(name: str, version: str):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
        program.chmod(0o755)
        return program

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return put


def test_a_new_enough_server_on_the_path_is_taken(on_path):
    program = on_path("redis-server", "7.0.15")
    assert binary.find_server() == program


def test_an_older_one_is_passed_over_for_the_bundled(on_path):
    program = on_path("redis-server", "6.2.0")
    assert binary.find_server() not in (program, None)
    assert binary.find_server() == binary.bundled_server()


def test_valkey_comes_before_redis(on_path):
    on_path("redis-server", "7.4.0")
    program = on_path("valkey-server", "8.0.0")
    assert binary.find_server() == program


def test_the_bundled_server_can_be_run():
    assert binary.bundled_server().stat().st_mode & 0o111


@pytest.mark.parametrize(
    ("told", "given"),
    [
        (None, "glibc.malloc.tcache_count=200"),
        ("glibc.malloc.perturb=1", "glibc.malloc.perturb=1:glibc.malloc.tcache_count=200"),
        ("glibc.malloc.tcache_count=0", "glibc.malloc.tcache_count=0"),
    ],
)
def test_a_server_keeps_more_of_what_it_frees_unless_somebody_said_otherwise(told, given):
    environ = {"PATH": "/bin"} | ({} if told is None else {"GLIBC_TUNABLES": told})
    assert binary.server_environment(environ) == {"PATH": "/bin", "GLIBC_TUNABLES": given}
