import pytest

from judgeline.store import keys
from judgeline.store.errors import BadName, UnknownKey
from judgeline.store.keys import Plan, Scope


def create(store, **fields):
    given = {"owner": "ada", "plan": Plan.PREMIUM, "scopes": [Scope.SUBMIT, Scope.MAIL]} | fields
    with store.writer() as connection:
        return keys.create(connection, **given)


def authenticate(store, token):
    with store.reader() as connection:
        return keys.authenticate(connection, token)


def test_a_token_gives_its_key(store):
    info, token = create(store, label="laptop")
    assert authenticate(store, token) == info
    assert (info.owner, info.plan, info.label) == ("ada", Plan.PREMIUM, "laptop")
    assert info.scopes == {Scope.SUBMIT, Scope.MAIL}
    assert token.startswith(f"{info.id}.")


def test_the_secret_is_nowhere_in_the_store(store):
    _, token = create(store)
    secret = token.partition(".")[2]
    with store.reader() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM keys").one()
    assert secret not in repr(kept)
    assert secret.encode() not in b"".join(bytes(value) for value in kept if isinstance(value, bytes))


def test_two_keys_are_never_the_same(store):
    assert create(store)[1] != create(store)[1]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: ("0" if token[0] != "0" else "1") + token[1:],
        lambda token: token.replace(".", ""),
        lambda token: token + "x",
        lambda token: token + "\n",
        lambda token: f" {token}",
        lambda token: token.partition(".")[0] + ".",
        lambda token: "." + token.partition(".")[2],
        lambda _token: "",
        lambda _token: "\0",
        lambda _token: "ä.ö",
        lambda _token: "' OR 1=1 --.x",
    ],
)
def test_anything_else_gives_nothing(store, spoil):
    _, token = create(store)
    assert authenticate(store, spoil(token)) is None


def test_one_key_s_secret_does_not_open_another(store):
    (first, _), (_, token) = create(store), create(store)
    assert authenticate(store, f"{first.id}.{token.partition('.')[2]}") is None


def test_a_revoked_key_opens_nothing_for_good(store):
    info, token = create(store)
    with store.writer() as connection:
        revoked = keys.revoke(connection, info.id)
        assert keys.revoke(connection, info.id) == revoked
    assert revoked.revoked_ms > 0
    assert authenticate(store, token) is None


def test_an_unknown_key_cannot_be_revoked(store):
    with pytest.raises(UnknownKey), store.writer() as connection:
        keys.revoke(connection, "nobody")


def test_the_list_has_all_the_revoked_ones_too(store):
    made = [create(store, owner=name)[0] for name in ("ada", "bob")]
    with store.writer() as connection:
        keys.revoke(connection, made[0].id)
    with store.reader() as connection:
        listed = keys.list_all(connection)
    assert {info.id for info in listed} == {info.id for info in made}


def test_use_is_noted_about_once_a_minute(store):
    info, token = create(store)
    with store.writer() as connection:
        keys.note_use(connection, info)
    used = authenticate(store, token)
    assert used.last_used_ms > 0
    with store.writer() as connection:
        connection.exec_driver_sql("UPDATE keys SET last_used_ms = last_used_ms - 30000")
        recent = keys.authenticate(connection, token)
        keys.note_use(connection, recent)
        assert keys.authenticate(connection, token) == recent
        connection.exec_driver_sql("UPDATE keys SET last_used_ms = last_used_ms - 60000")
        keys.note_use(connection, keys.authenticate(connection, token))
        assert keys.authenticate(connection, token).last_used_ms >= used.last_used_ms


def test_a_scope_of_a_newer_version_allows_nothing(store):
    _, token = create(store)
    with store.writer() as connection:
        connection.exec_driver_sql("UPDATE keys SET scopes = 'submit fly'")
    assert authenticate(store, token).scopes == {Scope.SUBMIT}


def test_a_key_without_scopes_has_none(store):
    assert authenticate(store, create(store, scopes=[])[1]).scopes == frozenset()


@pytest.mark.parametrize(
    "names",
    [
        {"owner": ""},
        {"owner": " "},
        {"owner": "anonymous:10.0.0.1"},
        {"owner": "a\0b"},
        {"owner": "x" * 201},
        {"label": "two\nlines"},
        {"label": "\udcff"},
    ],
)
def test_no_key_has_a_name_that_means_another_or_cannot_be_kept(store, names):
    with pytest.raises(BadName):
        create(store, **names)
