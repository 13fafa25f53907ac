"""The root of every error that Judgeline raises on purpose.

Each package keeps its own tree below it::

    JudgelineError
    ├── config.errors.ConfigError      a file or an environment variable is wrong
    ├── queues.errors.QueueError       the queue refused or cannot be reached
    ├── judging.errors.JudgingError    a package, language or sandbox cannot be used
    ├── store.errors.StoreError        the store refused or cannot be reached
    └── mail.errors.MailError          a message cannot be built or sent
"""


class JudgelineError(Exception):
    """Something Judgeline can explain. ``str(error)`` is one line that says what to do."""
