import fcntl
import os
import socket
import stat
from contextlib import closing

import pytest

from judgeline import up
from judgeline.config import Settings, load_config
from judgeline.store import keys
from judgeline.store.database import open_store


def test_a_home_is_locked_for_one(tmp_path):
    held = up.lock_home(tmp_path / "home")
    try:
        with pytest.raises(up.UpError, match="already running"):
            up.lock_home(tmp_path / "home")
    finally:
        os.close(held)
    os.close(up.lock_home(tmp_path / "home"))


def test_the_lock_survives_exec(tmp_path):
    held = up.lock_home(tmp_path)
    try:
        assert not fcntl.fcntl(held, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
    finally:
        os.close(held)


def test_a_home_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(up.UpError, match="JUDGELINE_HOME"):
        up.lock_home(tmp_path / "file" / "home")


def test_a_taken_port_names_the_variable_to_set():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(up.UpError, match="API_PORT"):
        up.check_port("127.0.0.1", taken.getsockname()[1], "API_PORT")


def test_a_port_shared_by_reuse_is_taken_too():
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken, pytest.raises(up.UpError):
        up.check_port("127.0.0.1", taken.getsockname()[1], "API_PORT")


def test_a_free_port_passes():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    up.check_port("127.0.0.1", port, "API_PORT")


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "queues.toml").write_text(
        "[queues.submissions]\nhandler = 'judge'\n[queues.emails]\nhandler = 'email'\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    return Settings.from_environment(
        {"JUDGELINE_HOME": str(home), "JUDGELINE_CONFIG": str(tmp_path / "queues.toml")}
    )


def test_preparation_leaves_one_private_operator_key(settings):
    up.prepare(settings, {})
    key = settings.home / "operator.key"
    first = key.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    up.prepare(settings, {})
    assert key.read_text() == first


def test_preparation_writes_where_the_bundled_server_will_be(settings):
    up.prepare(settings, {})
    assert (settings.home / "redis.url").read_text() == f"unix://{settings.home}/redis.sock?db=0\n"


def test_with_a_server_of_somebody_else_no_url_is_written(settings):
    up.prepare(settings, {"REDIS_URL": "redis://127.0.0.1"})
    assert not (settings.home / "redis.url").exists()


def test_nobody_else_may_read_what_is_stored(settings):
    before = os.umask(0o022)
    try:
        up.prepare(settings, {})
    finally:
        os.umask(before)
    for name in ("judgeline.db", "judgeline.db.lock"):
        assert stat.S_IMODE((settings.home / name).stat().st_mode) == 0o600, name


def test_a_new_database_gets_a_new_operator_key(settings):
    up.prepare(settings, {})
    key = settings.home / "operator.key"
    first = key.read_text()
    (settings.home / "judgeline.db").unlink()
    up.prepare(settings, {})
    with closing(open_store(settings.database_url)) as store, store.reader() as connection:
        assert keys.authenticate(connection, first.strip()) is None
        assert keys.authenticate(connection, key.read_text().strip()) is not None
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_missing_and_broken_problems_are_told(settings):
    config = load_config(settings.config_file)
    assert "is not there" in "".join(up.find_faults(config))
    broken = config.problems_folder / "broken"
    broken.mkdir(parents=True)
    (line,) = up.find_faults(config)
    assert f"judgeline verify {broken}" in line


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.1"])
def test_a_host_that_is_not_ours_names_its_variable(host):
    with pytest.raises(up.UpError, match="set API_HOST"):
        up.check_port(host, 18_999, "API_PORT")


def test_without_a_procfile_the_folder_is_named(tmp_path):
    with pytest.raises(up.UpError, match="no Procfile beside"):
        up.check_scale(tmp_path / "Procfile", {})


def test_a_process_type_that_the_procfile_lacks_is_named(tmp_path):
    (tmp_path / "Procfile").write_text("# a comment: no type\napi: exec true\nsubmissions: exec true\n")
    up.check_scale(tmp_path / "Procfile", {"submissions": 3})
    with pytest.raises(up.UpError, match="no process type 'submission'; there are: api, submissions"):
        up.check_scale(tmp_path / "Procfile", {"submission": 3})
