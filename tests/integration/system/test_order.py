"""Who goes first, seen from outside: by the times at which submissions started."""

from concurrent.futures import ThreadPoolExecutor


def fill(house, key, count):
    with ThreadPoolExecutor(8) as many:
        return list(many.map(lambda _: house.run("print(1)", key=key), range(count)))


def started(house, paths, key):
    """When each started, in the order of their starts."""
    ended = [house.ended(path, key) for path in paths]
    assert {one["verdict"] for one in ended} == {"accepted"}
    return sorted(one["started_at"] for one in ended)


def test_premium_overtakes_a_hundred_free_ones_which_still_move(paused):
    free, premium = paused.key("free"), paused.key("premium", "premium")
    waiting = fill(paused, free, 100)
    urgent = fill(paused, premium, 40)
    assert paused.get(urgent[0], premium)["position"] < paused.get(waiting[50], free)["position"]
    paused.queue("submissions", "resume")
    high = [(when, "high") for when in started(paused, urgent, premium)]
    low = [(when, "low") for when in started(paused, waiting, free)]
    first = [plan for _, plan in sorted(high + low)][:52]
    # 10 to 3: forty premium ones go among the first 52, give or take the two that start in one moment.
    assert abs(first.count("high") - 40) <= 2
    for turn in range(0, 52, 13):
        assert first[turn : turn + 13].count("low") in {2, 3, 4}, first


def test_one_premium_submission_is_next_however_many_wait(paused):
    free, premium = paused.key("crowd"), paused.key("ada", "premium")
    waiting = fill(paused, free, 100)
    paused.queue("submissions", "resume")
    paused.until(lambda: paused.get(waiting[0], free)["status"] == "done")
    urgent = paused.ended(paused.run("print(1)", key=premium), premium)
    assert urgent["verdict"] == "accepted"
    overtaken = [when for when in started(paused, waiting, free) if when > urgent["started_at"]]
    meanwhile = [
        when for when in started(paused, waiting, free) if urgent["created_at"] < when <= urgent["started_at"]
    ]
    assert len(overtaken) >= 30
    assert len(meanwhile) <= 4  # a free turn that was due, and what the children took up before


def test_users_of_one_plan_take_turns(paused):
    crowd, single = paused.key("greedy"), paused.key("modest")
    fill(paused, crowd, 30)
    path = paused.run("print(1)", key=single)
    assert paused.get(path, single)["position"] <= 2
