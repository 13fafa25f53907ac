"""Every setting is documented, with the default it has."""

import re
from pathlib import Path

import msgspec
import pytest

from judgeline.config.schema import Config
from judgeline.config.settings import Settings
from judgeline.queues.options import BackoffOptions, PriorityOptions, QueueOptions
from judgeline.queues.schedules import ScheduleOptions

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "queues.md").read_text()
TABLES = {
    "## [queues.NAME]": QueueOptions,
    "### [queues.NAME.priorities]": PriorityOptions,
    "### backoff_s": BackoffOptions,
    "## [schedules.NAME]": ScheduleOptions,
} | {
    f"## [{field.name}]": field.type.cls
    for field in msgspec.inspect.type_info(Config).fields
    if isinstance(field.type, msgspec.inspect.StructType)
}


def rows(heading: str) -> dict[str, str]:
    section = PAGE.split(heading + "\n", 1)[1]
    section = re.split(r"^#", section, maxsplit=1, flags=re.MULTILINE)[0]
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section, flags=re.MULTILINE))


@pytest.mark.parametrize("heading", TABLES)
def test_each_table_documents_just_its_settings(heading):
    assert set(rows(heading)) == set(TABLES[heading].__struct_fields__)


@pytest.mark.parametrize("heading", TABLES)
def test_each_default_is_the_one_documented(heading):
    for field in msgspec.structs.fields(TABLES[heading]):
        said = rows(heading)[field.name].strip()
        if isinstance(field.default, str | int | float | bool):
            assert said == f"`{msgspec.json.encode(field.default).decode()}`", field.name


@pytest.mark.parametrize("field", Settings.__struct_fields__)
def test_each_variable_of_the_environment_is_documented(field):
    variable = {"home": "JUDGELINE_HOME", "config_file": "JUDGELINE_CONFIG"}.get(field, field.upper())
    assert f"`{variable}`" in (DOCS / "operations.md").read_text()
