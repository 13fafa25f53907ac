import re

from judgeline.queues import keys
from judgeline.queues.keys import CAPPED, RESERVED, Keys
from judgeline.queues.lists.scripts import script_names, script_text


def test_all_keys_of_a_queue_share_one_hash_tag():
    names = Keys("submissions")
    made = [
        names.waiting("high"),
        names.behind("low", "}odd{"),
        names.backup("w"),
        names.job("1"),
        names.wake("low"),
        names.events("1"),
        names.named("dead"),
    ]
    tags = {key[key.index("{") + 1 : key.index("}")] for key in made}
    assert tags == {"submissions"}
    assert made[0] == "jl:{submissions}:high"


def test_every_key_the_scripts_use_is_reserved_and_in_the_table():
    used = {
        name for script in script_names() for name in re.findall(r"P \.\. '([a-z]+):?'", script_text(script))
    }
    assert used <= RESERVED
    assert used >= {"backup", "behind", "job", "workers", "dead", "unrecorded", "wake", "drained", "epoch"}
    for name in RESERVED:
        assert f"``{name}" in keys.__doc__


def test_what_an_idle_queue_keeps_is_among_its_own_keys():
    assert CAPPED < RESERVED
