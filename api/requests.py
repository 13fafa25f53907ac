"""Reading requests: bodies and query strings into structs, each fault naming its field."""

import re
from typing import Any, Generic, TypeVar

import msgspec
from flask import request

from api.errors import InvalidBody, InvalidField, TooLarge, UnsupportedMediaType

T = TypeVar("T")

_WHERE = re.compile(r" - at `\$\.?([^`]*)`$")
_FORM = re.compile(r"Expected `str` matching regex .*", re.DOTALL)
_LONGEST_FIELD = 100
"""Characters of an unknown field's name that are said again."""
_NAMED = re.compile(r"(?:unknown|missing required) field `([^`]+)`")


class BodyReader(Generic[T]):
    """Reads JSON bodies of one type; made once, for building a decoder costs more than using it."""

    def __init__(self, kind: type[T]) -> None:
        self._decode = msgspec.json.Decoder(kind).decode

    def read(self) -> T:
        """The request's body. Raises UnsupportedMediaType, TooLarge, InvalidBody or InvalidField."""
        if request.mimetype != "application/json":
            raise UnsupportedMediaType(
                f"the body is {request.mimetype or 'of no type'}; send Content-Type: application/json"
            )
        data = request.get_data(cache=False)
        most = request.max_content_length
        if most is not None and request.content_length is None and len(data) >= most:
            raise TooLarge(f"the body has more than {most:,} bytes")  # chunked: what is over was cut off
        try:
            return self._decode(data)
        except msgspec.ValidationError as error:
            raise explain(error) from None
        except msgspec.DecodeError as error:
            raise InvalidBody(f"the body is not JSON: {error}") from None
        except UnicodeDecodeError as error:
            raise InvalidBody(
                f"the body is not UTF-8: {error.reason} at byte {error.start} of a text"
            ) from None


def read_query(kind: type[T]) -> T:
    """The query's parameters. Raises InvalidField for one that is unknown, double or of a wrong type."""
    arguments = request.args
    if not arguments:
        return kind()
    values: dict[str, Any] = arguments.to_dict()
    for name in values:
        if len(arguments.getlist(name)) > 1:
            raise InvalidField.of(name, "is given more than once")
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise explain(error) from None


def explain(error: msgspec.ValidationError) -> InvalidField:
    """Turn msgspec's message into a field and a reason."""
    message = str(error)
    where = _WHERE.search(message)
    field = where[1] if where else ""
    reason = message[: where.start()] if where else message
    named = _NAMED.search(reason)
    if named:
        name = named[1] if len(named[1]) <= _LONGEST_FIELD else named[1][:_LONGEST_FIELD] + "…"
        field = f"{field}.{name}" if field else name
        reason = "is not a field of this request" if "unknown" in reason else "is missing"
    return InvalidField.of(field, _FORM.sub("is not of the form that /openapi.json gives", reason))


def check_text(field: str, text: str, most_bytes: int | None = None) -> None:
    """Refuse NUL characters, which neither arguments nor mail can hold, and too many bytes of UTF-8.

    Raises InvalidField or TooLarge. (Half a surrogate pair never comes so far: the decoder refuses it.)
    """
    if "\0" in text:
        raise InvalidField.of(field, "has a NUL character")
    size = len(text) if text.isascii() else len(text.encode())
    if most_bytes is not None and size > most_bytes:
        raise TooLarge.of(field, size, most_bytes)


def check_source(source: str, most_bytes: int) -> None:
    """Check a source. Raises InvalidField or TooLarge."""
    if not source.strip():
        raise InvalidField.of("source", "is empty")
    check_text("source", source, most_bytes)


def idempotency_key() -> str | None:
    """The Idempotency-Key header, or None. Raises InvalidField."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise InvalidField.of("Idempotency-Key", "must be 1 to 255 printable ASCII characters")
    return key
