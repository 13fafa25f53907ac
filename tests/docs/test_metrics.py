"""Every metric is documented with its type and labels, and no other is."""

import re
from pathlib import Path

from api.metrics import Metrics
from api.queue_metrics import EVENTS, QueueCollector
from judgeline.queues import lists
from judgeline.queues.job import JobState
from judgeline.queues.lists.engine import INTERNAL_TOTALS
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions

LUA = Path(lists.__file__).parent / "lua"


def served():
    engine = MemoryEngine("q", QueueOptions(handler="noop"))
    return [*Metrics().registry.collect(), *QueueCollector({"q": engine}).collect()]


def test_each_metric_is_in_the_table(page):
    told = {row[0].strip("`"): (row[1], row[2]) for row in page("metrics").rows()}
    names = {family.name + ("_total" if family.type == "counter" else "") for family in served()}
    assert set(told) == names
    for family in served():
        kind, labels = told[family.name + ("_total" if family.type == "counter" else "")]
        assert kind == family.type
        for sample in family.samples:
            for label in sample.labels.keys() - {"le"}:
                assert f"`{label}`" in labels


def test_each_event_that_is_counted_is_named(page):
    calls = [
        call
        for path in LUA.rglob("*.lua")
        for call in re.findall(r"\bcount\((.*?)\)", path.read_text("utf-8"))
    ]
    counted = {word for call in calls for word in re.findall(r"'(\w+)'", call)}
    counted |= {
        word
        for path in LUA.rglob("*.lua")
        for word in re.findall(r"HINCRBY', P \.\. 'totals', '(\w+)'", path.read_text("utf-8"))
    } - {total.decode() for total in INTERNAL_TOTALS}
    counted |= {state.value for state in JobState if state.terminal}
    (row,) = (row for row in page("metrics").rows() if "queue_events" in row[0])
    assert set(re.findall(r"`(\w+)`", row[3])) == counted
    assert set(EVENTS) == counted


def test_metrics_in_expressions_exist(page):
    told = {row[0].strip("`") for row in page("metrics").rows()}
    named = {name.removesuffix("_bucket") for name in re.findall(r"judgeline_[a-z_]+", page("metrics").text)}
    assert named == told
