"""The page on chaos names every fault with its rate, and every row of the report."""

import re

from judgeline.chaos.plan import RATES, Fault
from judgeline.chaos.report import Broken, Report, as_text, recovery

NOTHING = recovery([])
REPORT = Report(
    seed=7,
    engine="lists",
    server="valkey",
    supervisors=1,
    children=1,
    jobs=1,
    ended={"done": 1},
    seconds=1.0,
    storm_s=1.0,
    waited=NOTHING,
    executed=1,
    broken_off=0,
    duplicates=0,
    by_themselves=0,
    most_attempts=1,
    completed_twice=0,
    most_finishes=1,
    most_records=1,
    changed_by_emptying=0,
    submits={},
    faults={},
    kills_a_second=1.0,
    recovered=NOTHING,
    recoveries={},
    server_away=NOTHING,
    totals={},
    broken=Broken(),
)


def test_each_fault_is_there_with_how_often_it_comes(page):
    rows = page("chaos").rows("## What it does to it")
    assert {row[0].strip("`") for row in rows} == {*Fault}
    told = {row[0].strip("`"): row[2] for row in rows}
    assert {name: float(rate) for name, rate in told.items() if name in RATES} == RATES


def test_each_row_of_the_report_is_explained(page):
    told = {name for row in page("chaos").rows("## How to read the report") for name in row[0].split(", ")}
    shown = {re.split(r" {2,}|  ", line)[0] for line in as_text(REPORT).splitlines()[3:-2] if line}
    assert {name for name in shown if name} <= told, shown - told


def test_each_broken_promise_has_its_row():
    names = len(Broken.__struct_fields__)
    assert len(re.findall(r"^[a-z ]+ +0(?:  |$)", as_text(REPORT).split("\n\n")[2], re.MULTILINE)) == names


def test_a_report_of_a_real_run_is_shown_whole(page):
    (shown,) = re.findall(r"```\n(chaos with seed .*?)```", page("chaos").text, re.DOTALL)
    wanted = [line[:18].strip() for line in as_text(REPORT).splitlines()[2:] if line]
    found = [line[:18].strip() for line in shown.splitlines() if line]
    assert [line for line in found if line in wanted] == wanted
