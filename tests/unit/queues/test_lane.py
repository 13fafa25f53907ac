from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from judgeline.queues.memory.lane import Lane, choose

USERS = st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=40)


def drain(lane, users):
    order = []
    while lane.ring:
        index = int(lane.take())
        lane.pass_turn(users[index])
        order.append(index)
    return order


@given(users=USERS)
def test_every_id_comes_out_once_each_users_in_order(users):
    lane = Lane(fair=True)
    for index, user in enumerate(users):
        lane.join(str(index), user)
    assert len(lane) == len(users)
    order = drain(lane, users)
    assert sorted(order) == list(range(len(users)))
    for name in set(users):
        mine = [index for index in order if users[index] == name]
        assert mine == sorted(mine)
    assert not lane.turns
    assert not lane.behind


@given(users=USERS)
def test_no_user_is_served_twice_while_another_waits(users):
    named = [user for user in users if user]
    lane = Lane(fair=True)
    for index, user in enumerate(named):
        lane.join(str(index), user)
    left, last_round = Counter(named), Counter()
    for index in drain(lane, named):
        user = named[index]
        last_round[user] += 1
        left[user] -= 1
        for other in left:
            if left[other] > 0:
                assert last_round[user] - last_round[other] <= 1


@given(users=USERS, gone=st.data())
def test_whatever_is_removed_the_rest_comes_out(users, gone):
    lane = Lane(fair=True)
    for index, user in enumerate(users):
        lane.join(str(index), user)
    away = gone.draw(st.sets(st.integers(0, max(0, len(users) - 1)))) if users else set()
    for index in away:
        lane.remove(str(index), users[index])
    lane.remove("stranger", "a")
    assert sorted(drain(lane, users)) == sorted(set(range(len(users))) - away)
    assert not lane.turns


@given(weights=st.lists(st.integers(1, 20), min_size=1, max_size=5))
def test_a_round_serves_each_lane_as_its_weight_says(weights):
    names = {str(n): weight for n, weight in enumerate(weights)}
    lanes = {name: Lane(fair=False) for name in names}
    for lane in lanes.values():
        lane.ring.append("job")
    for _ in range(3):
        assert Counter(choose(lanes, names, None) for _ in range(sum(weights))) == Counter(names)


def test_no_low_job_waits_more_than_five_dispatches_at_four_to_one():
    weights = {"high": 4, "low": 1}
    lanes = {name: Lane(fair=False) for name in weights}
    for lane in lanes.values():
        lane.ring.append("job")
    served = [choose(lanes, weights, None) for _ in range(100)]
    gaps = "".join("l" if name == "low" else "h" for name in served).split("l")
    assert max(map(len, gaps)) <= 4
