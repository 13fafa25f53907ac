"""What a configuration can have wrong.

::

    ConfigError    a file or a variable is wrong: ``source`` (file and line, or variable), ``key``, ``reason``
"""

from judgeline.errors import JudgelineError


class ConfigError(JudgelineError):
    """Something an operator set is wrong. One line: where, which key, why."""

    def __init__(self, source: str, key: str, reason: str) -> None:
        super().__init__(f"{source}: {key}: {reason}" if key else f"{source}: {reason}")
        self.source = source
        self.key = key
        self.reason = reason
