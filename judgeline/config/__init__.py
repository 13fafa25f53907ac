"""What an operator sets: ``queues.toml`` (``load``) and the environment (``Settings``)."""

from judgeline.config.load import load_config
from judgeline.config.schema import ApiConfig, Config, JudgeConfig, MailConfig, StoreConfig
from judgeline.config.settings import Settings

__all__ = ["ApiConfig", "Config", "JudgeConfig", "MailConfig", "Settings", "StoreConfig", "load_config"]
