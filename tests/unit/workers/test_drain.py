from workers.drain import Drain, Step, grace_s


def test_a_drain_goes_through_its_steps_when_they_are_due():
    drain = Drain(100.0, 30.0)
    assert drain.due() == 130
    assert drain.advance(129.9) is None
    assert drain.advance(130) is Step.RELEASING
    assert drain.advance(130) is None
    assert drain.due() == 131
    assert drain.advance(131) is Step.KILLING
    assert drain.advance(131.5) is Step.GIVING_UP
    assert drain.due() == float("inf")


def test_a_hurried_drain_releases_at_once_and_never_later_than_it_would_have():
    drain = Drain(100.0, 30.0)
    drain.hurry(105)
    assert drain.advance(105) is Step.RELEASING
    drain.hurry(200)
    assert drain.due() == 106


def test_the_grace_fits_into_the_time_a_process_manager_gives(monkeypatch):
    monkeypatch.delenv("JUDGELINE_PARENT_PID", raising=False)
    assert grace_s() == 30
    monkeypatch.setenv("JUDGELINE_PARENT_PID", "1")
    assert grace_s() + 1.5 < 5, "honcho kills five seconds after its first TERM"
