"""``python -m judgeline.embedded``: the server of a system that has none of its own.

With REDIS_URL set it checks that server and stays, so that one Procfile serves both.
"""

from judgeline import terminal

if __name__ == "__main__":
    terminal.hold()

import os
import sys

from judgeline import log
from judgeline.config import Settings, load_config
from judgeline.embedded.server import Stop, run_embedded, watch_external
from judgeline.errors import JudgelineError


def main() -> int:
    """Run until told to stop; 1 with one line on standard error when it cannot."""
    try:
        log.configure()
        stop = Stop()
        settings = Settings.from_environment()
        if os.environ.get("REDIS_URL"):
            watch_external(settings.redis_url, stop, fsync=_wants_fsync(settings))
        else:
            run_embedded(settings.home, stop, fsync=_wants_fsync(settings))
    except JudgelineError as error:
        sys.stderr.write(f"judgeline: {error}\n")
        return 1
    return 0


def _wants_fsync(settings: Settings) -> bool:
    """Whether a queue of queues.toml asks for it; where there is no such file nobody does."""
    return settings.config_file.exists() and load_config(settings.config_file).fsync


if __name__ == "__main__":
    sys.exit(main())
