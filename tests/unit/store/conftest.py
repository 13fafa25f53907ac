from contextlib import closing

import pytest

from judgeline.store.database import open_store
from judgeline.store.migrate import migrate


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(url):
    migrate(url)
    with closing(open_store(url)) as opened:
        yield opened
