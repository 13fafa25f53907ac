"""The loader, and what each script file must say of itself."""

import re

import pytest
from redis.exceptions import ResponseError

from judgeline.queues.job import NewJob
from judgeline.queues.lists.scripts import Scripts, script_names, script_text


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
