import fakeredis
import pytest

from judgeline.recorders import ALIVE_KEY, SWEEP_KEY, recorder_alive, sign_alive, take_sweep


@pytest.fixture
def client():
    with fakeredis.FakeRedis() as fake:
        yield fake


def test_a_sign_of_life_holds_for_three_seconds(client):
    assert recorder_alive(client) is False
    sign_alive(client)
    assert recorder_alive(client) is True
    assert 2_000 < client.pttl(ALIVE_KEY) <= 3_000


def test_one_takes_the_turn_to_sweep_and_loses_it_before_the_next(client):
    assert take_sweep(client, 5) is True
    assert take_sweep(client, 5) is False
    assert 0 < client.pttl(SWEEP_KEY) < 5_000


def test_both_keys_are_in_one_slot_of_their_own(client):
    assert {key[: key.index("}")] for key in (ALIVE_KEY, SWEEP_KEY)} == {"jl:{recorder"}
