import uuid

from judgeline.ids import is_id, new_id


def test_an_id_is_a_uuid_of_version_7():
    made = uuid.UUID(new_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_ids_made_later_sort_later(monkeypatch):
    clock = iter([1_700_000_000_000_000_000, 1_700_000_000_001_000_000])
    monkeypatch.setattr("time.time_ns", lambda: next(clock))
    assert new_id() < new_id()


def test_ids_of_one_instant_differ(monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 1_700_000_000_000_000_000)
    assert len({new_id() for _ in range(1000)}) == 1000


def test_only_the_canonical_form_is_an_id():
    made = new_id()
    assert is_id(made)
    assert not is_id(made.upper())
    assert not is_id(made.replace("-", ""))
    assert not is_id("../etc/passwd")
