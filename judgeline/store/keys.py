"""API keys: ``id.secret``, of which the store keeps the secret's SHA-256 alone.

A secret has 256 random bits, so a fast hash is enough: there is nothing to guess. Looking a key up by its
public id and comparing digests in constant time leaves nothing to be learned from timing either.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Collection
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from judgeline.store.errors import BadName, UnknownKey
from judgeline.store.schema import keys

USE_NOTED_MS = 60_000
"""``note_use`` writes at most this often a key, so that a busy one costs no write a request."""

ANONYMOUS = "anonymous:"
"""What the owner of a submission without a key begins with; the address follows. Anybody may see such."""
_LONGEST_NAME = 200
"""Characters of an owner or a label."""

_TOKEN = re.compile(r"([0-9a-f]{16})\.([A-Za-z0-9_-]{43})", re.ASCII)
_FIND = select(keys).where(keys.c.id == bindparam("key_id"))
_NOBODY = hashlib.sha256(b"").digest()


class Plan(StrEnum):
    """What a key's owner has; it decides the priority, never the request."""

    FREE = "free"
    PREMIUM = "premium"
    OPERATOR = "operator"


class Scope(StrEnum):
    """What a key may do."""

    SUBMIT = "submit"
    """Submissions and runs."""
    MAIL = "mail"
    """Send e-mails."""
    OPERATE = "operate"
    """Pause queues and work dead letters."""


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret. Times are Unix milliseconds, 0 = never."""

    id: str
    owner: str
    plan: Plan
    scopes: frozenset[Scope]
    label: str
    """What its maker calls it."""
    created_ms: int
    revoked_ms: int
    last_used_ms: int
    """To the minute or so."""


def create(
    connection: Connection, owner: str, plan: Plan, scopes: Collection[Scope], label: str = ""
) -> tuple[KeyInfo, str]:
    """Make a key and give it with its token ``id.secret``, which is never to be had again. Raises BadName."""
    _check_names(owner, label)
    secret = secrets.token_urlsafe(32)
    info = KeyInfo(
        id=secrets.token_hex(8),
        owner=owner,
        plan=plan,
        scopes=frozenset(scopes),
        label=label,
        created_ms=time.time_ns() // 1_000_000,
        revoked_ms=0,
        last_used_ms=0,
    )
    connection.execute(
        insert(keys),
        {
            "id": info.id,
            "secret_sha256": _digest(secret),
            "owner": owner,
            "plan": plan,
            "scopes": " ".join(sorted(info.scopes)),
            "label": label,
            "created_ms": info.created_ms,
            "revoked_ms": 0,
            "last_used_ms": 0,
        },
    )
    return info, f"{info.id}.{secret}"


def authenticate(connection: Connection, token: str) -> KeyInfo | None:
    """Give the key a token belongs to; None for anything but a living key's token."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        return None
    found = connection.execute(_FIND, {"key_id": parts[1]}).one_or_none()
    kept = _NOBODY if found is None else found.secret_sha256
    right = hmac.compare_digest(kept, _digest(parts[2]))
    if found is None or not right or found.revoked_ms:
        return None
    return _info(found)


def note_use(connection: Connection, info: KeyInfo) -> None:
    """Keep that a key was used just now, unless that was kept within the last minute."""
    now_ms = time.time_ns() // 1_000_000
    if now_ms - info.last_used_ms >= USE_NOTED_MS:
        connection.execute(update(keys).where(keys.c.id == info.id).values(last_used_ms=now_ms))


def list_all(connection: Connection) -> list[KeyInfo]:
    """Give every key, the revoked ones too, oldest first."""
    return [_info(found) for found in connection.execute(select(keys).order_by(keys.c.created_ms, keys.c.id))]


def revoke(connection: Connection, key_id: str) -> KeyInfo:
    """End a key for good, at once; again changes nothing. Raises UnknownKey."""
    now_ms = time.time_ns() // 1_000_000
    connection.execute(
        update(keys).where(keys.c.id == key_id, keys.c.revoked_ms == 0).values(revoked_ms=now_ms)
    )
    found = connection.execute(select(keys).where(keys.c.id == key_id)).one_or_none()
    if found is None:
        raise UnknownKey(f"no API key has the id {key_id!r}")
    return _info(found)


def _check_names(owner: str, label: str) -> None:
    if not owner.strip():
        raise BadName("a key's owner needs a name")
    if owner.startswith(ANONYMOUS):
        raise BadName(f"{ANONYMOUS!r} begins the names of those without a key, whose things anybody may see")
    for text in (owner, label):
        if len(text) > _LONGEST_NAME or not text.isprintable():
            raise BadName(f"owners and labels have at most {_LONGEST_NAME} printable characters")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _info(found: Row[Any]) -> KeyInfo:
    return KeyInfo(
        id=found.id,
        owner=found.owner,
        plan=Plan(found.plan),
        # A scope that a newer version gave and this one does not know allows nothing here.
        scopes=frozenset(Scope(word) for word in found.scopes.split() if word in set(Scope)),
        label=found.label,
        created_ms=found.created_ms,
        revoked_ms=found.revoked_ms,
        last_used_ms=found.last_used_ms,
    )
