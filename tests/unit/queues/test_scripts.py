"""The loader, and what each script file must say of itself."""

import json
import re

import pytest
from redis.exceptions import ResponseError

from judgeline.queues.job import NewJob
from judgeline.queues.lists.scripts import SETTLED, Scripts, script_names, script_text, settled
from judgeline.queues.lists.settings import lua_of, settings_of
from judgeline.queues.options import QueueOptions


@pytest.mark.parametrize("name", script_names())
def test_each_file_opens_with_its_keys_arguments_answer_and_guarantee(name):
    own = script_text(name, flagged=False).split(f"-- {name.upper()}: ", 1)
    assert len(own) == 2
    heads = re.findall(r"^-- (keys|arguments|gives|guarantee)\b", own[1], re.MULTILINE)
    assert heads == ["keys", "arguments", "gives", "guarantee"]


@pytest.mark.parametrize("name", script_names())
def test_all_but_those_that_add_jobs_may_run_without_memory(name):
    first = script_text(name).splitlines()[0]
    assert first == ("#!lua" if name in ("enqueue", "admit", "fire") else "#!lua flags=allow-oom")


@pytest.mark.parametrize("name", script_names())
def test_none_uses_a_clock_or_chance_of_its_own_or_what_not_every_server_has(name):
    text = re.sub("--.*", "", script_text(name))
    for word in ("os.time", "math.random", "cmsgpack", "struct.", "bit.", "KEYS["):
        assert text.count(word) == (1 if word == "KEYS[" else 0)


def test_scripts_forgotten_by_the_server_are_loaded_and_run_again(fake, engine):
    engine.mark_epoch()
    fake.script_flush()
    assert engine.enqueue([NewJob(id="a", priority="low", payload=b"")])[0].new
    assert engine.mark_epoch() is False


def test_a_script_that_fails_is_not_taken_for_a_server_that_knows_no_flags(fake):
    class Broken(Scripts):
        pass

    scripts = Broken(fake, "jl:{x}:", b"{}")

    def refuse(*_):
        raise ResponseError("NOPERM this user has no permissions")

    fake.eval = refuse
    with pytest.raises(ResponseError, match="NOPERM"):
        scripts.run("epoch", "1")


@pytest.mark.parametrize(
    "value",
    [
        0,
        -5,
        True,
        "",
        "noop",
        'user\'s \\ "own"\n]] -- %d',
        "\u00fc\u20ac\U0001f600",
        [["high", 3], ["low", 1]],
        {"a": [1, 2]},
    ],
)
def test_lua_reads_what_json_can_hold(fake, value):
    told = fake.eval(f"return cjson.encode({lua_of(value)})", 0)
    assert json.loads(told) == value


@pytest.mark.parametrize("name", sorted(SETTLED))
def test_the_scripts_of_every_job_have_the_settings_in_their_text(fake, name):
    settings = settings_of(QueueOptions(handler="noop"))
    text = settled(script_text(name, flagged=False), settings)
    assert "cjson.decode(ARGV[1])" not in text
    made = text.split("local settings = ")[1].split("\n")[0]
    assert json.loads(fake.eval(f"return cjson.encode({made})", 0)) == json.loads(settings)
