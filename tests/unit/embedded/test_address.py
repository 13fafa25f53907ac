import os
import shutil
import stat

import pytest
from redis import UnixDomainSocketConnection
from redis.connection import parse_url

from judgeline.embedded.address import leave_socket, publish_url, server_url, socket_path
from judgeline.embedded.errors import EmbeddedError


@pytest.fixture
def deep(tmp_path):
    home = tmp_path / ("a" * 120)
    home.mkdir()
    folder = socket_path(home).parent
    yield home
    shutil.rmtree(folder, ignore_errors=True)


def test_the_socket_is_in_the_data_folder(tmp_path):
    assert server_url(tmp_path) == f"unix://{tmp_path}/redis.sock?db=0"


def test_any_folder_gives_an_address_that_means_it(tmp_path):
    home = tmp_path / "ho me%41#?"
    assert parse_url(server_url(home)) == {
        "path": str(home / "redis.sock"),
        "db": 0,
        "connection_class": UnixDomainSocketConnection,
    }


def test_a_path_too_long_for_the_kernel_falls_back_to_a_private_folder(deep):
    path = socket_path(deep)
    assert len(os.fsencode(path)) <= 107
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path == socket_path(deep)


def test_a_fallback_folder_open_to_others_is_refused(deep):
    socket_path(deep).parent.chmod(0o777)
    with pytest.raises(EmbeddedError, match="not a private folder"):
        socket_path(deep)


def test_the_url_is_published_whole(tmp_path):
    url = publish_url(tmp_path)
    assert (tmp_path / "redis.url").read_text() == url + "\n"
    assert [path.name for path in tmp_path.iterdir()] == ["redis.url"]


def test_a_fallback_folder_goes_with_its_server(deep):
    folder = socket_path(deep).parent
    leave_socket(deep)
    assert not folder.exists()


def test_a_data_folder_stays(tmp_path):
    leave_socket(tmp_path)
    assert tmp_path.is_dir()
