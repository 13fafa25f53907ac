"""Addresses: what may stand in an envelope and a header, and in which form."""

import re
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from judgeline.mail.errors import BadMessage, BadServerUrl

_FORM = re.compile(r"([^\s@<>(),;:\\\"\[\]]+)@([^\s@<>(),;:\\\"\[\]]+)")
_AMBIGUOUS = frozenset("ßς\u200c\u200d")
"""IDNA 2003, which Python speaks, sends these domains elsewhere than IDNA 2008: to somebody else's house."""


@dataclass(frozen=True)
class Sender:
    """Who writes."""

    header: str
    """The From header, ready for the wire."""
    address: str
    """The envelope's sender."""

    @property
    def domain(self) -> str:
        """The right side of the address."""
        return self.address.rpartition("@")[2]


def check_address(address: str, field: str) -> str:
    """Give the address for the envelope: its domain in ASCII (xn--…), its local part as it is.

    A local part beyond ASCII stays (it needs SMTPUTF8 of the server). Raises BadMessage naming ``field``.
    """
    form = _FORM.fullmatch(address)
    if form is None or not address.isprintable():
        raise BadMessage(field, "is not an address (name@domain, without spaces, controls or quotes)")
    local, domain = form.groups()
    if not domain.isascii():
        if _AMBIGUOUS.intersection(domain):
            raise BadMessage(field, "the domain reads differently in two standards; write its xn-- form")
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise BadMessage(field, "the domain is not an internationalised name") from None
    if len(local.encode()) > 64 or len(f"{local}@{domain}".encode()) > 254:
        raise BadMessage(field, "is longer than an address may be (64 bytes before the @, 254 in all)")
    return f"{local}@{domain}"


def parse_sender(sender: str) -> Sender:
    """Read ``Name <address>`` or a bare address. Raises BadServerUrl, for an operator sets it."""
    if not sender.isprintable():
        raise BadServerUrl("the sender holds control characters")
    name, address = parseaddr(sender)
    try:
        address = check_address(address, "sender")
    except BadMessage as error:
        raise BadServerUrl(f"{error}; write it as Name <name@domain>") from None
    if not address.isascii():
        raise BadServerUrl(
            "sender: the part before the @ must be ASCII, or most servers refuse every message"
        )
    return Sender(formataddr((name, address)), address)
