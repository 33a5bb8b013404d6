"""What may leave for the police, an insurer or a lawyer: only what the reporter's mailbox has signed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crypto import consent, labels
from crypto.body import Body
from crypto.consent import Consent, Proposal
from crypto.conversation import Message
from crypto.payload import message_id, serialize
from crypto.signing import sign
from tests import world
from workstation.cases.handover import list_handovers

TODAY = "2026-11-20"
PROPOSAL = Proposal("handover", "Politie", "Wat er gebeurde.", "2026-12-18")
TEAM, BOX, OTHER = world.make_team(), world.make_mailbox(), world.make_mailbox("another")
FIRST = world.write_message(BOX, TEAM)


def as_message(written: object) -> Message:
    """Return a payload as a message; that it is authentic is somebody else's matter."""
    data = serialize(written)  # type: ignore[arg-type]
    return Message(message_id(data), written, data, bytes(64))  # type: ignore[arg-type]


REPORT = as_message(FIRST)
ASKED = as_message(
    replace(world.write_reply(TEAM.counsellors[0], TEAM, [REPORT]), kind="proposal", body=Body(proposal=PROPOSAL))
)


def answer(
    number: int,
    text: str | None = None,
    *,
    agreed: bool = True,
    key: bytes = BOX.signing,
    about: Proposal = PROPOSAL,
    of: Message = ASKED,
) -> Message:
    """Return the mailbox's answer to what was asked."""
    statement = consent.state(about, text, world.ORGANISATION, BOX.verifying)
    signature = sign(labels.SIGN_CONSENT, consent.serialize_statement(statement), key)
    said = Consent(of.id, text, statement, signature) if agreed else Consent(of.id, None, None, None)
    return as_message(replace(FIRST, kind="consent", number=number, body=Body(consent=said), previous=REPORT.id))


def standing(*answers: Message, today: str = TODAY) -> tuple[str, str, bool]:
    """Return how it stands with what was asked: its word, the text, and whether that may leave."""
    (found,) = list_handovers([REPORT, ASKED, *answers], today)
    return found.standing, found.text, found.may_leave


def test_nothing_leaves_before_the_reporter_has_answered() -> None:
    """What was asked waits, and after its term it waits for nothing."""
    assert standing() == ("asked", PROPOSAL.text, False)
    assert standing(today="2026-12-18")[0] == "asked"
    assert standing(today="2026-12-19") == ("expired", PROPOSAL.text, False)


def test_a_yes_lets_exactly_that_text_leave_until_its_day() -> None:
    """The last day is included."""
    assert standing(answer(1)) == ("agreed", PROPOSAL.text, True)
    assert standing(answer(1), today="2026-12-18")[2]
    assert standing(answer(1), today="2026-12-19") == ("expired", PROPOSAL.text, False)


def test_a_changed_text_is_the_one_that_may_leave() -> None:
    """Without another round."""
    assert standing(answer(1, "Korter.")) == ("changed", "Korter.", True)


def test_the_newest_answer_holds() -> None:
    """In whatever order they come: a no after a yes, a yes after a no, another text."""
    yes, no, other = answer(1), answer(2, agreed=False), answer(3, "Korter.")
    assert standing(yes, no) == standing(no, yes) == ("declined", PROPOSAL.text, False)
    assert standing(other, no, yes) == ("changed", "Korter.", True)


def test_an_answer_to_something_else_says_nothing() -> None:
    """To another proposal it is no answer; with a statement about another text, recipient or term it is no yes."""
    another = as_message(replace(ASKED.payload, number=7))
    assert standing(answer(1, of=another))[0] == "asked"
    for about in (
        replace(PROPOSAL, text="Alles."),
        replace(PROPOSAL, recipient="Gemeente"),
        replace(PROPOSAL, until="2027-12-18"),
    ):
        assert standing(answer(1, about=about)) == ("declined", PROPOSAL.text, False)
    assert not standing(answer(1, key=OTHER.signing))[2]


@given(st.lists(st.sampled_from(["yes", "no", "changed", "forged"]), max_size=6), st.booleans())
def test_whatever_was_answered_only_the_last_word_counts(words: list[str], late: bool) -> None:  # noqa: FBT001
    """For any history of answers, in time and too late."""
    make = {
        "yes": answer,
        "no": lambda n: answer(n, agreed=False),
        "changed": lambda n: answer(n, f"Tekst {n}."),
        "forged": lambda n: answer(n, key=OTHER.signing),
    }
    found = standing(*(make[word](n) for n, word in enumerate(words, 1)), today="2027-01-01" if late else TODAY)
    last = words[-1] if words else ""
    assert found[2] == (last in {"yes", "changed"} and not late)
    if found[2]:
        assert found[1] == (PROPOSAL.text if last == "yes" else f"Tekst {len(words)}.")
