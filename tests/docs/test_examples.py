"""What the pages give people to copy is taken by the code that will read it."""

import json
import re
import tomllib

import msgspec

from api.dead_many import DeadFilter
from api.emails import NewEmail
from api.errors import InvalidField, Problem
from api.rejudge_views import RejudgeFilter
from api.runs import NewRun
from api.submissions import NewSubmission
from judgeline.payloads import RunPayload, SubmissionPayload, decode
from judgeline.queues.options import QueueOptions

CURL = re.compile(r"curl (?:[^\n]*\\\n)*[^\n]*?/v1/(\w+)\b(?:[^\n]*\\\n)*[^\n]*-d '([^']+)'")
BODIES = {
    "submissions": NewSubmission,
    "runs": NewRun,
    "emails": NewEmail,
    "queues": DeadFilter,
    "problems": RejudgeFilter,
}


def test_bodies_of_curl_are_requests(pages):
    found = [(*body, page.path.name) for page in pages for body in CURL.findall(page.text)]
    assert {noun for noun, _, _ in found} == set(BODIES)
    for noun, body, _ in found:
        msgspec.json.decode(body, type=BODIES[noun])


def test_elements_to_push_by_hand_are_payloads(pages):
    elements = [element for page in pages for element in re.findall(r"LPUSH '[^']+' '([^']+)'", page.text)]
    kinds = {type(decode(json.dumps(json.loads(element)["payload"]).encode())) for element in elements}
    assert kinds == {RunPayload, SubmissionPayload}


def test_json_blocks_are_json(page):
    blocks = re.findall(r"^```json\n(.*?)^```", page("api").text, re.MULTILINE | re.DOTALL)
    receipt, problem = map(json.loads, blocks)
    assert set(receipt) == {"id", "status", "links"}
    shown = msgspec.convert(problem, Problem)
    raised = InvalidField.of("langauge", "is not a field of this request").problem()
    assert shown == raised


def test_the_table_for_queues_toml_is_one(page):
    (block,) = re.findall(r"^ {4}\[queues\.\w+\]\n(?: {4}.+\n)+", page("engines").text, re.MULTILINE)
    table = tomllib.loads(re.sub(r"^ {4}", "", block, flags=re.MULTILINE))
    for options in table["queues"].values():
        msgspec.convert({"handler": "email"} | options, QueueOptions)
