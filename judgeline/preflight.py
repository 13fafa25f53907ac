"""What an operator set, held against the parts that will use it, before any process starts.

Each part reads its own settings and says what is wrong with them, but some only once it runs: a mail server's
address would be found wrong by the first e-mail.
"""

from judgeline.config import Config, Settings
from judgeline.config.errors import ConfigError
from judgeline.judging.errors import LanguageError
from judgeline.judging.languages import Languages
from judgeline.mail.address import parse_sender
from judgeline.mail.errors import BadServerUrl
from judgeline.mail.server import parse_server
from judgeline.queues.address import parse_address
from judgeline.queues.errors import BadRedisUrl
from judgeline.store.database import parse_url as parse_store_url
from judgeline.store.errors import BadAddress


def check(settings: Settings, config: Config) -> None:
    """Raise ConfigError for the first setting that some part will refuse. Connects to nothing.

    A folder of problems that is not there is no error: it may be mounted later, and /readyz tells.
    """
    queues_toml = str(settings.config_file)
    try:
        if settings.redis_url:
            parse_address(settings.redis_url)
    except BadRedisUrl as error:
        raise ConfigError("environment", "REDIS_URL", error.reason) from None
    try:
        parse_store_url(settings.database_url)
    except BadAddress as error:
        raise ConfigError("environment", "DATABASE_URL", str(error)) from None
    try:
        if settings.smtp_url:
            parse_server(settings.smtp_url)
    except BadServerUrl as error:
        raise ConfigError("environment", "SMTP_URL", str(error)) from None
    try:
        parse_sender(config.mail.sender)
    except BadServerUrl as error:
        raise ConfigError(queues_toml, "mail.sender", str(error)) from None
    try:
        Languages.load(config.languages_file)
    except LanguageError as error:
        raise ConfigError(queues_toml, "judge.languages", str(error)) from None
