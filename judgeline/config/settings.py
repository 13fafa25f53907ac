"""What the environment sets, as twelve-factor apps have it: addresses, secrets and the data folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from judgeline.config.errors import ConfigError
from judgeline.queues.address import parse_address
from judgeline.queues.errors import BadRedisUrl


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One process's settings; read once at its start, never at import."""

    home: Path
    """JUDGELINE_HOME: the data folder (./var)."""
    config_file: Path
    """JUDGELINE_CONFIG: the queues.toml to read (./queues.toml)."""
    redis_url: str
    """REDIS_URL, else what the bundled server wrote to JUDGELINE_HOME/redis.url, else ""."""
    database_url: str
    """DATABASE_URL, else SQLite in JUDGELINE_HOME/judgeline.db."""
    smtp_url: str
    """SMTP_URL, e.g. smtp://user:password@host:587?tls=starttls; "" writes .eml files to
    JUDGELINE_HOME/outbox."""
    api_host: str
    api_port: int

    @property
    def api_address(self) -> str:
        """Where the API listens: host:port, an IPv6 host in brackets as addresses have it."""
        host = f"[{self.api_host}]" if ":" in self.api_host else self.api_host
        return f"{host}:{self.api_port}"

    @property
    def outbox(self) -> Path:
        """Where messages go as .eml files without SMTP_URL."""
        return self.home / "outbox"

    @property
    def sandbox_cache(self) -> Path:
        """Where the sandbox helper that was built here is kept."""
        return self.home / "sandbox"

    @property
    def build_cache(self) -> Path:
        """Where compiled programs are kept, for the children of this host to share."""
        return self.home / "builds"

    @property
    def host_speed_file(self) -> Path:
        """What ``judgeline calibrate`` measured on this host."""
        return self.home / "host-speed.json"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings. Raises ConfigError naming the variable."""
        home = Path(environ.get("JUDGELINE_HOME") or "var").absolute()
        return cls(
            home=home,
            config_file=Path(environ.get("JUDGELINE_CONFIG") or "queues.toml").absolute(),
            redis_url=_redis_url(environ) or _bundled_server(home),
            database_url=environ.get("DATABASE_URL") or f"sqlite:///{quote(str(home / 'judgeline.db'))}",
            smtp_url=_url(environ, "SMTP_URL", {"smtp", "smtps"}),
            api_host=environ.get("API_HOST") or "127.0.0.1",
            api_port=_port(environ, "API_PORT", 8000),
        )


def _redis_url(environ: Mapping[str, str]) -> str:
    url = environ.get("REDIS_URL", "")
    if url:
        try:
            parse_address(url)
        except BadRedisUrl as error:
            raise ConfigError("environment", "REDIS_URL", error.reason) from None
    return url


def _bundled_server(home: Path) -> str:
    try:
        return (home / "redis.url").read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise ConfigError(
            "environment", "JUDGELINE_HOME", f"cannot read {error.filename}: {error.strerror}"
        ) from None


def _url(environ: Mapping[str, str], name: str, schemes: set[str]) -> str:
    """A variable's address, or "". The errors never repeat it, for it may hold a password."""
    value = environ.get(name, "")
    if not value:
        return ""
    try:
        scheme = urlsplit(value).scheme
        _ = urlsplit(value).port
    except ValueError:
        raise ConfigError("environment", name, "has a host or port that cannot be read") from None
    if scheme not in schemes:
        wanted = ", ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise ConfigError("environment", name, f"must start with one of {wanted}")
    return value


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise ConfigError("environment", name, f"{text!r} is not a port (1-65535)")
    return int(text)
