"""Reading queues.toml: every error names the file, the key and the reason."""

import difflib
import ipaddress
import re
import tomllib
from pathlib import Path

import msgspec

from judgeline.config.errors import ConfigError
from judgeline.config.handlers import HANDLERS
from judgeline.config.schedules import make_schedules
from judgeline.config.schema import Config
from judgeline.queues.errors import BadSchedule
from judgeline.queues.options import QueueOptions
from judgeline.queues.schedules import ScheduleOptions

_PATH = re.compile(r" - at (?:`key` in )?`\$\.?([^`]*)`$")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")


def load_config(path: Path) -> Config:
    """Read and check a queues.toml. Raises ConfigError with file, key and reason."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(str(path), "", "no such file; JUDGELINE_CONFIG names another") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "", str(error)) from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), "", str(error)) from None
    if "folder" in document:
        raise ConfigError(_where(path, text, "folder"), "folder", "unknown key")
    for table, kind in (("queues", QueueOptions), ("schedules", ScheduleOptions)):
        _check_each(path, text, table, document.get(table), kind)
    try:
        config = msgspec.convert(document | {"folder": str(path.parent.absolute())}, Config)
    except msgspec.ValidationError as error:
        raise _explain(path, text, error) from None
    _check(path, text, config)
    _check_schedules(path, text, config)
    return config


def _check_each(path: Path, text: str, name: str, tables: object, kind: type) -> None:
    """Check each queue by itself, so that an error names it; of the whole it would read ``queues[...]``."""
    if isinstance(tables, dict):
        for one, table in tables.items():
            try:
                msgspec.convert(table, kind)
            except msgspec.ValidationError as error:
                raise _explain(path, text, error, f"{name}.{one}") from None


def _check_schedules(path: Path, text: str, config: Config) -> None:
    try:
        make_schedules(config)
    except BadSchedule as error:
        table = f"schedules.{error.schedule}"
        raise ConfigError(
            _where(path, text, error.key, table),
            f"{table}.{error.key}",
            f"{error.reason}{_hint(error.given, error.known)}",
        ) from None


def _check(path: Path, text: str, config: Config) -> None:
    """Refuse what each field allows but the whole does not."""
    if not config.queues:
        raise ConfigError(str(path), "queues", "no queue is defined")
    for table, carrier in (("judge", config.judge.queue), ("mail", config.mail.queue)):
        if carrier not in config.queues:
            raise ConfigError(
                _where(path, text, table),
                f"{table}.queue",
                f"there is no [queues.{carrier}]{_hint(carrier, config.queues)}",
            )
    for proxy in config.api.trusted_proxies:
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError as error:
            raise ConfigError(
                _where(path, text, "trusted_proxies"), "api.trusted_proxies", str(error)
            ) from None
    for name, queue in config.queues.items():
        key = f"queues.{name}"
        if queue.handler not in HANDLERS:
            raise ConfigError(
                _where(path, text, name),
                f"{key}.handler",
                f"there is no handler {queue.handler!r}; there are {', '.join(HANDLERS)}"
                f"{_hint(queue.handler, HANDLERS)}",
            )
        if queue.max_queued_per_user > queue.max_queued:
            raise ConfigError(
                _where(path, text, "max_queued_per_user"),
                f"{key}.max_queued_per_user",
                f"is over max_queued ({queue.max_queued})",
            )
        if queue.max_payload_bytes > queue.max_queued_bytes:
            raise ConfigError(
                _where(path, text, "max_queued_bytes"),
                f"{key}.max_queued_bytes",
                f"is below max_payload_bytes ({queue.max_payload_bytes}): nothing would fit",
            )


def _explain(path: Path, text: str, error: msgspec.ValidationError, table: str = "") -> ConfigError:
    message = str(error)
    where = _PATH.search(message)
    key = where[1] if where else ""
    reason = message[: where.start()] if where else message
    unknown = _UNKNOWN.search(reason)
    if unknown:
        name = unknown[1]
        key = f"{key}.{name}" if key else name
        reason = f"unknown key{_hint(name, _known_names())}"
    last = key.replace("[...]", "").rsplit(".", 1)[-1]
    return ConfigError(_where(path, text, last, table), ".".join(filter(None, (table, key))), reason)


def _known_names() -> set[str]:
    """Every key that some table of the file has."""
    names: set[str] = set()
    todo: list[msgspec.inspect.Type] = [msgspec.inspect.type_info(Config)]
    while todo:
        kind = todo.pop()
        if isinstance(kind, msgspec.inspect.StructType):
            names.update(field.name for field in kind.fields)
            todo.extend(field.type for field in kind.fields)
        elif isinstance(kind, msgspec.inspect.DictType):
            todo.append(kind.value_type)
    return names - {"folder"}


def _hint(name: str, known: object) -> str:
    close = difflib.get_close_matches(name, [str(item) for item in known], n=1)  # type: ignore[attr-defined]
    return f" (did you mean {close[0]!r}?)" if close else ""


def _where(path: Path, text: str, name: str, table: str = "") -> str:
    """Give file:line of the first line that sets or opens ``name``; TOML parsers keep no positions.

    With a ``table`` it is looked for from that table on; where it is missing the table's line is given.
    """
    pattern = re.compile(rf"^\s*(?:{re.escape(name)}\s*=|\[[^\]]*\b{re.escape(name)}\b[^\]]*\])")
    header = re.compile(rf"^\s*\[\s*{re.escape(table)}\s*[.\]]")
    opened = ""
    for number, line in enumerate(text.splitlines(), 1):
        if table and not opened and header.match(line):
            opened = f"{path}:{number}"
        if name and (opened or not table) and pattern.match(line):
            return f"{path}:{number}"
    return opened or (_where(path, text, name) if table else str(path))
