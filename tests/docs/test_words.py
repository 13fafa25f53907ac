"""The words that results are made of: each is explained once, in a table of its page."""

from judgeline.judging.verdicts import Verdict
from judgeline.mail.recipients import RecipientStatus
from judgeline.queues.job import JobState


def test_each_verdict(page):
    assert page("problems").first_cells("## Verdicts") == [*Verdict]


def test_each_state_of_a_job(page):
    section = page("queue").section("## States")
    for state in JobState:
        assert f"`{state}`" in section
        assert state in section.split("```")[1], "the diagram has it, too"


def test_each_status_of_a_recipient(page):
    assert page("email").first_cells("## A state for each recipient") == [*RecipientStatus]
