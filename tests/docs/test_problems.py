"""The page of problems: limits with their defaults, folders of submissions, flags, and what is refused."""

import re

import msgspec
import pytest

from judgeline.judging.compare import Flags
from judgeline.judging.packages import archive, metadata, testdata, tree
from judgeline.judging.packages.package import PackageLimits
from judgeline.judging.packages.submissions import _ANNOTATED, EXPECTED, PARTIAL

DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(PackageLimits)}


@pytest.fixture
def problems(page):
    return page("problems")


def test_each_limit_has_its_default(problems):
    rows = {row[0].strip("`"): row for row in problems.rows("## Limits")}
    for name, default in DEFAULTS.items():
        key = re.sub(r"_(s|mib|kib)$", "", name)
        if key in rows and key != "time_resolution":
            assert rows[key][1].split()[0] == str(default), key
    assert {"memory", "output", "code", "compilation_time", "validation_memory"} <= set(rows)
    assert rows["memory"][2] == str(metadata.MOST_MIB)
    assert rows["output"][2] == str(metadata.MOST_OUTPUT_MIB)
    assert rows["compilation_time"][2] == f"{metadata.MOST_SECONDS} s"


def test_each_folder_of_submissions_and_each_word_of_domjudge(problems):
    section = "## Submissions, and `judgeline verify`"
    assert set(problems.first_cells(section)) == {*EXPECTED, PARTIAL}
    for word in _ANNOTATED:
        assert f"`{word}`" in problems.section(section)


def test_each_flag_is_one(problems):
    told = problems.first_cells("### The default validator")
    for flag in told:
        Flags.parse(flag.replace("X", "1e-6").split())
    assert len(told) == 5


def test_bounds_are_those_of_the_code(problems):
    refused = " ".join(problems.section("## What is refused, what is warned of").split())
    assert f"more than {tree.MOST_FILES:,} files, {tree.MOST_BYTES >> 20} MiB in all" in refused
    assert f"{tree.MOST_FILE_BYTES >> 20} MiB a file, {tree.DEEPEST} folders deep" in refused
    assert f"{testdata.MOST_TESTS:,} tests" in refused


def test_bounds_of_a_zip_are_those_of_the_code(problems):
    told = " ".join(problems.section("## Taking a package in").split())
    assert f"at most {tree.MOST_FILES:,} files, {tree.MOST_BYTES >> 20} MiB unpacked" in told
    assert f"{tree.MOST_FILE_BYTES >> 20} MiB a file" in told
    assert f"{archive.MOST_RATIO} times its own size ({archive.FREE_BYTES >> 20} MiB are free)" in told
