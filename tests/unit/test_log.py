import json

import pytest
import structlog

from judgeline import log
from judgeline.config.errors import ConfigError


@pytest.fixture(autouse=True)
def _as_before():
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_program_gets_one_object_a_line(capfd):
    log.configure({}, queue="emails")
    structlog.get_logger().info("started", pid=7)
    said = json.loads(capfd.readouterr().out)
    assert (said["event"], said["pid"], said["queue"], said["level"]) == ("started", 7, "emails", "info")
    assert said["timestamp"].endswith("Z")


def test_a_person_gets_a_line(capfd):
    log.configure({log.FORMAT: "console", "NO_COLOR": "1"})
    structlog.get_logger().info("started", pid=7)
    assert capfd.readouterr().out.strip() == "[info     ] started pid=7"


def test_a_traceback_shows_no_local_variables(capfd):
    log.configure({log.FORMAT: "console", "NO_COLOR": "1"})
    secret = "hunter" + "2"
    try:
        [].index(len(secret))
    except ValueError:
        structlog.get_logger().exception("broke")
    said = capfd.readouterr().out
    assert "ValueError: 7 is not in list" in said
    assert secret not in said


def test_what_is_below_the_level_is_not_said(capfd):
    log.configure({log.LEVEL: "warning"})
    structlog.get_logger().info("started")
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("variable", [log.FORMAT, log.LEVEL])
def test_a_wrong_choice_names_the_variable(variable):
    with pytest.raises(ConfigError, match=f"{variable}: 'loud' is none of"):
        log.configure({variable: "loud"})
