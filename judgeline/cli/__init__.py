"""The command line: one file a group of verbs, loaded when its verb is called.

Exit codes: 0 done; 1 done, and the answer is no (a verdict that was not hoped for, a check that failed);
2 the call or the configuration is wrong; 3 a part that is needed does not answer; 130 interrupted.
"""

import importlib
import sys

import click

from judgeline.cli.output import INTERRUPTED, NO_ANSWER, exit_code
from judgeline.errors import JudgelineError

_VERBS = {
    "up": "judgeline.cli.up",
    "submit": "judgeline.cli.submit",
    "judge": "judgeline.cli.judge",
    "verify": "judgeline.cli.verify",
    "problems": "judgeline.cli.problems",
    "rejudge": "judgeline.cli.rejudge",
    "queues": "judgeline.cli.queues",
    "schedules": "judgeline.cli.schedules",
    "dead": "judgeline.cli.dead",
    "keys": "judgeline.cli.keys",
    "languages": "judgeline.cli.languages",
    "config": "judgeline.cli.config",
    "doctor": "judgeline.cli.doctor",
    "calibrate": "judgeline.cli.calibrate",
    "chaos": "judgeline.cli.chaos",
}


class _Verbs(click.Group):
    """Loads a verb's module when the verb is named: each costs only what it imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the verbs in the order a newcomer meets them."""
        del ctx
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb."""
        del ctx
        if cmd_name not in _VERBS:
            return None
        command = importlib.import_module(_VERBS[cmd_name]).command
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="judgeline")
def cli() -> None:
    """A self-hosted judge whose heart is a job queue that loses nothing.

    Start everything with `judgeline up`, then `judgeline submit aplusb solution.py`.

    \b
    Environment: JUDGELINE_HOME (./var), JUDGELINE_CONFIG (./queues.toml), REDIS_URL, DATABASE_URL,
    SMTP_URL, API_HOST, API_PORT; JUDGELINE_KEY and JUDGELINE_URL for submit.

    \b
    Exit codes: 0 done; 1 done, and the answer is no; 2 a wrong call or configuration;
    3 a part that is needed does not answer; 130 interrupted by Ctrl-C.
    """  # noqa: D301 - \b keeps click from filling the paragraph


def main() -> None:
    """Run the command line; an error that somebody can mend is one line on standard error."""
    try:
        code = cli.main(prog_name="judgeline", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = INTERRUPTED
    except JudgelineError as error:
        click.echo(f"judgeline: {error}", err=True)
        code = exit_code(error)
    except OSError as error:  # a full disk behind standard output; click itself ends quietly on a closed pipe
        click.echo(f"judgeline: {error}", err=True)
        code = NO_ANSWER
    sys.exit(code)
