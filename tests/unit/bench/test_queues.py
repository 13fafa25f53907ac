"""What the queue's benchmark makes of what it measured."""

import pytest

from bench.queues import goals, marks, page, tables
from bench.queues.arena import Failed
from bench.queues.contender import Absent
from bench.queues.drains import rate
from bench.queues.record import Record, Results, Seen

S = 1_000_000_000


def seen(name, label):
    return Seen(
        name=name,
        label=label,
        version="1.2",
        settings="as it comes",
        best_is="two",
        shapes=("latency", "kill"),
    )


@pytest.fixture
def results():
    rates = {"ours": (9_000.0, 8_000.0), "huey": (3_000.0, 4_000.0), "celery": (900.0, 800.0)}
    return Results(
        machine="a machine",
        quick=False,
        rounds=2,
        contenders=[seen("ours", "Judgeline"), seen("huey", "Huey"), seen("celery", "Celery")],
        absent=[Absent("bullmq", "node is not installed")],
        records=[
            *(
                Record(round=number, shape="one", name=name, figures={"rate": figure})
                for name, figures in rates.items()
                for number, figure in enumerate(figures)
            ),
            Record(
                round=0,
                shape="kill",
                name="huey",
                figures={"jobs": 100.0, "missing": 3.0, "twice": 0.0, "kills": 8.0, "limit": 12.0},
            ),
            Record(round=0, shape="latency", name="celery", note="failed: it said no"),
        ],
    )


def test_a_rate_is_counted_from_when_all_workers_are_at_work():
    early = [(number, 1, number * S) for number in range(10)]  # one a second, alone for ten seconds
    both = [(number, 1 + number % 2, 10 * S + number * S // 10) for number in range(101)]
    assert rate([*early, *both]) == pytest.approx(10, rel=0.02)


def test_a_worker_that_came_when_nearly_all_was_done_does_not_count():
    found = [(number, 1, number * S) for number in range(100)]
    assert rate([*found, (100, 2, 100 * S)]) == pytest.approx(1)


def test_too_few_jobs_have_no_rate():
    with pytest.raises(Failed, match="only 3 jobs ran"):
        rate([(number, 1, number) for number in range(3)])


def test_marks_are_read_while_one_is_being_written(tmp_path):
    path = tmp_path / "marks"
    assert marks.read(path) == []
    assert marks.last(path) is None
    path.write_bytes(marks.RECORD.pack(1, 2, 3) + marks.RECORD.pack(4, 5, 6) + b"half")
    assert marks.read(path) == [(1, 2, 3), (4, 5, 6)]
    assert marks.last(path) == (4, 5, 6)
    assert marks.count(path) == 2


def test_a_ratio_is_of_the_same_round(results):
    assert results.ratios(("one", "ours", "rate"), ("one", "huey", "rate")) == [3.0, 2.0]


def test_goals_are_held_against_the_best_peer_there_is(results):
    assert goals.best_python_peer(results) == "huey"
    rows = {row.what: row for row in goals.rows(results)}
    assert rows["one child : one worker of Huey"].cells()[-1] == "≥ 2.5: met"
    assert rows["one child : BullMQ at concurrency 1"].cells()[1] == "not measured"
    assert rows["one child"].cells() == ["one child", "8,500 jobs/s", "8,000 to 9,000", "≥ 7,000: met"]


def test_the_tables_show_who_lost_what_failed_and_who_is_not_here(results):
    text = tables.markdown(results)
    assert "| Huey | 100 | 8 | not within 12 s | 3 | 0 |" in text
    assert "- Celery; enqueue to result: failed: it said no" in text
    assert "| bullmq | not here | node is not installed |" in text
    assert "1 ms of network" not in text, "a shape that was not measured has no table"


def test_results_are_kept_whole(results, tmp_path):
    results.dispatches = {"10:3": ["high", "low"]}
    results.save(tmp_path / "kept.json")
    assert Results.load(tmp_path / "kept.json") == results


def test_only_what_stands_between_the_markers_is_written_anew(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"before\n\n{page.BEGIN}\nold\n{page.END}\n\nafter\n")
    page.rewrite(path, "new\n")
    page.rewrite(path, "newer\n")
    assert path.read_text() == f"before\n\n{page.BEGIN}\n\nnewer\n\n{page.END}\n\nafter\n"
