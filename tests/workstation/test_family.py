"""Sharing with family, at the desk: a family code reads what the reporter's mailbox has allowed, and no more."""

from __future__ import annotations

import pytest

from crypto.body import Scope
from tests.workstation.helpers import Organisation
from tests.workstation.relatives import Post, Side, begin
from tests.world import NOW
from workstation.cases.inbox import Conversation
from workstation.desk.work import Work

pytestmark = pytest.mark.slow


def find(work: Work, side: Side) -> Conversation:
    """Return a mailbox's conversation at an open desk."""
    return work.conversations[side.box.conversation]


def reply(organisation: Organisation, side: Side, text: str, person: str = "anna") -> None:
    """Let somebody answer a mailbox."""
    with organisation.desk(person) as work:
        work.answer(find(work, side), text, NOW)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("replies", ["Na het delen geantwoord."]),
        ("conversation", ["Na het delen geschreven.", "Na het delen geantwoord."]),
        ("questions", ["Na het delen geschreven.", "Na het delen geantwoord."]),
        ("none", []),
    ],
)
def test_a_family_code_reads_what_its_scope_says_and_nothing_from_before(
    organisation: Organisation, scope: Scope, expected: list[str]
) -> None:
    """Replies, or what the reporter writes as well; both are told what the desk follows."""
    post = Post(organisation)
    reporter, family = begin(organisation)
    reply(organisation, reporter, "Eerder geantwoord.")
    family.say("allow")
    reporter.share(family, scope)
    post.go_round()
    reporter.write("Na het delen geschreven.")
    reply(organisation, reporter, "Na het delen geantwoord.")
    post.collect("anna")
    post.go_round()
    assert sorted(post.copies(family)) == sorted(expected)
    assert post.told(family) == post.told(reporter) == ([] if scope == "none" else [scope])
    before = len(post.records)
    post.go_round()
    assert len(post.records) == before


def test_a_reply_and_its_copy_are_sealed_in_one_step(organisation: Organisation) -> None:
    """Who answers need not come back for the family to read it; summary and track stay with the reporter."""
    post = Post(organisation)
    reporter, family = begin(organisation, "replies")
    post.go_round()
    reply(organisation, reporter, "Goed dat u schrijft.")
    post.collect("anna")
    (copy,) = [m for m in post.read(family) if m.payload.kind == "copy"]
    (said,) = [m for m in post.read(reporter) if m.payload.kind == "reply"]
    body = copy.payload.body
    assert body.original is not None
    assert (body.text, body.original.id, body.original.by) == ("Goed dat u schrijft.", said.id, "team")
    assert (body.summary, body.track) == (None, None)
    for secret in (reporter.box.conversation, reporter.box.reply_address_key, reporter.box.reply_delete_key):
        assert secret not in copy.data
