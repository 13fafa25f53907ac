import subprocess
import sys
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from judgeline.store import open_store
from judgeline.store.errors import StoreUnfit
from judgeline.store.migrate import alembic_config, check_schema, migrate
from judgeline.store.schema import REVISION, metadata


def test_the_migrations_make_the_tables_that_the_code_has(store):
    with store.reader() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_the_code_needs(store):
    with store.reader() as connection:
        assert ScriptDirectory.from_config(alembic_config(connection)).get_heads() == [REVISION]


def test_checks_are_made_as_well(store):
    """Alembic does not compare them."""
    with store.reader() as connection:
        for table in metadata.tables.values():
            wanted = {item.name for item in table.constraints if item.name and "state" in item.name}
            found = {item["name"] for item in inspect(connection).get_check_constraints(table.name)}
            assert wanted <= found


def test_a_second_migration_changes_nothing(empty_url):
    assert migrate(empty_url) is True
    assert migrate(empty_url) is False


def test_migrations_go_back_to_nothing(store):
    with store.writer() as connection:
        command.downgrade(alembic_config(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_several_migrations_at_once_make_one_schema(empty_url):
    program = "import sys; from judgeline.store.migrate import migrate; print(migrate(sys.argv[1]))"
    several = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = sorted(process.communicate(timeout=60)[0].strip() for process in several)
    assert said == ["False", "False", "False", "True"]


def test_a_database_without_tables_is_refused_with_the_cure(empty_url):
    with (
        closing(open_store(empty_url)) as store,
        pytest.raises(StoreUnfit, match=r"judgeline\.store migrate"),
    ):
        check_schema(store)


def test_the_schema_of_this_version_is_taken(store):
    check_schema(store)


@pytest.mark.parametrize(("revision", "word"), [("0000", "needs"), ("9999", "newer")])
def test_another_version_s_schema_is_refused_in_one_line(store, revision, word):
    with store.writer() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    with pytest.raises(StoreUnfit, match=word) as caught:
        check_schema(store)
    assert "\n" not in str(caught.value)


def test_a_newer_schema_is_not_touched(url):
    with closing(open_store(url)) as store, store.writer() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnfit, match="newer"):
        migrate(url)


def test_a_killed_migration_leaves_no_trace(empty_url):
    program = """
import os, signal, sys
from judgeline.store.migrate import migrate
from judgeline.store.migrations.versions import v0001_jobs_and_keys as first
from alembic import op
making = op.create_table
def create_table(name, *columns, **options):
    if name == "keys":
        os.kill(os.getpid(), signal.SIGKILL)
    return making(name, *columns, **options)
op.create_table = create_table
migrate(sys.argv[1])
"""
    killed = subprocess.run([sys.executable, "-c", program, empty_url], check=False, timeout=60)
    assert killed.returncode == -9
    with closing(open_store(empty_url)) as store, store.reader() as connection:
        assert inspect(connection).get_table_names() == []
    assert migrate(empty_url) is True
