"""The command line: one file a group of verbs, loaded when its verb is called.

Exit codes: 0 done; 1 done, and the answer is no (a verdict that was not hoped for, a check that failed);
2 the call or the configuration is wrong; 3 a part that is needed does not answer.
"""

import importlib
import sys

import click

from judgeline.cli.output import exit_code
from judgeline.errors import JudgelineError

_VERBS = {
    "up": "judgeline.cli.up",
    "submit": "judgeline.cli.submit",
    "judge": "judgeline.cli.judge",
    "verify": "judgeline.cli.verify",
    "queues": "judgeline.cli.queues",
    "dead": "judgeline.cli.dead",
    "keys": "judgeline.cli.keys",
    "languages": "judgeline.cli.languages",
    "config": "judgeline.cli.config",
    "doctor": "judgeline.cli.doctor",
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
    3 a part that is needed does not answer.
    """  # noqa: D301 - \b keeps click from filling the paragraph


def main() -> None:
    """Run the command line; an error of ours is one line on standard error."""
    try:
        cli.main(prog_name="judgeline", standalone_mode=True)
    except JudgelineError as error:
        click.echo(f"judgeline: {error}", err=True)
        sys.exit(exit_code(error))
