"""Who calls: an API key's owner, or an address.

``Authorization: Bearer <id.secret>`` names a key; its plan decides the priority, its scopes what it may do.
Without the header the caller is the address, on the free plan. A header that names no living key is an error,
never anonymity: a typing mistake must not silently cost somebody their priority.
"""

import time
from dataclasses import dataclass

from flask import request

from api.addresses import client_address, read_networks
from api.errors import KeyRequired, MissingScope, UnknownKey
from judgeline.config import ApiConfig
from judgeline.store import keys
from judgeline.store.database import Store
from judgeline.store.keys import ANONYMOUS, KeyInfo, Plan, Scope

KNOWN_FOR_S = 2.0
"""How long a key is remembered: a revoked one works for at most so much longer."""
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request."""

    owner: str
    """The key's owner, or "anonymous:<address>"."""
    plan: Plan
    scopes: frozenset[Scope]
    key: KeyInfo | None

    @property
    def anonymous(self) -> bool:
        """Whether no key came along."""
        return self.key is None

    def require(self, scope: Scope) -> None:
        """Raise KeyRequired or MissingScope unless the caller has this scope."""
        if scope in self.scopes:
            return
        if self.key is None:
            raise KeyRequired(f"this needs an API key with the scope {scope.value!r}")
        raise MissingScope(f"the key {self.key.id} lacks the scope {scope.value!r}")

    def require_key(self) -> None:
        """Raise KeyRequired for an anonymous caller."""
        if self.anonymous:
            raise KeyRequired("this shows what a key owns, so it needs one")

    def may_see(self, owner: str) -> bool:
        """Whether what ``owner`` submitted may be shown and cancelled.

        What came without a key belongs to whoever knows its id, which has 74 random bits: an address is
        no identity. The rest belongs to its key's owner, and to operators.
        """
        return owner == self.owner or owner.startswith(ANONYMOUS) or Scope.OPERATE in self.scopes


class Authenticator:
    """Finds out who calls. Threads may share it."""

    def __init__(self, store: Store, config: ApiConfig) -> None:
        self._store = store
        self._anonymous_scopes = frozenset({Scope.SUBMIT}) if config.anonymous else frozenset()
        self._proxies = read_networks(config.trusted_proxies)
        self._remembered: dict[str, tuple[float, Caller]] = {}
        self._noted: dict[str, float] = {}
        """Key's id -> when its use was last noted from here."""

    def caller(self) -> Caller:
        """Who sent the current request. Raises UnknownKey, or StoreUnavailable where keys cannot be read."""
        header = request.headers.get("Authorization")
        if header is None:
            address = client_address(
                request.remote_addr or "", request.headers.getlist("X-Forwarded-For"), self._proxies
            )
            return Caller(ANONYMOUS + address, Plan.FREE, self._anonymous_scopes, None)
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnknownKey("the Authorization header must be: Bearer <id.secret>")
        return self._of_token(token.strip())

    def use_to_note(self, caller: Caller) -> KeyInfo | None:
        """The caller's key, if its use should be kept now: once in USE_NOTED_MS is enough."""
        key, now = caller.key, time.monotonic()
        if key is None or now - self._noted.get(key.id, float("-inf")) < keys.USE_NOTED_MS / 1000:
            return None
        if len(self._noted) >= _MOST_REMEMBERED:
            self._noted.clear()
        self._noted[key.id] = now
        return key

    def _of_token(self, token: str) -> Caller:
        now = time.monotonic()
        remembered = self._remembered.get(token)
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        with self._store.reader() as connection:
            found = keys.authenticate(connection, token)
        if found is None:
            self._remembered.pop(token, None)
            raise UnknownKey("no such API key, or it was revoked")
        caller = _caller(found)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[token] = (now + KNOWN_FOR_S, caller)
        return caller


def _caller(found: KeyInfo) -> Caller:
    return Caller(found.owner, found.plan, found.scopes, found)
