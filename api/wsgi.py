"""The entry for gunicorn: ``gunicorn --config python:api.gunicorn_conf api.wsgi:app``.

Imported in each worker (nothing is preloaded), so every connection belongs to the process that uses it.
"""

import sys

from flask import Flask

from api.app import create_app, open_services
from judgeline import log
from judgeline.config import Settings, load_config
from judgeline.errors import JudgelineError

APP_LOAD_ERROR = 4
"""The exit code on which gunicorn ends, instead of starting workers again for ever."""


def _make() -> Flask:
    try:
        log.configure()
        settings = Settings.from_environment()
        return create_app(open_services(settings, load_config(settings.config_file)))
    except JudgelineError as error:
        sys.stderr.write(f"judgeline: {error}\n")
        sys.exit(APP_LOAD_ERROR)


app = _make()
