"""What may leave for the police, an insurer or a lawyer: only what the reporter's mailbox has signed."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import consent, labels
from crypto.body import Body
from crypto.consent import Consent, Proposal
from crypto.conversation import Draft, Message
from crypto.payload import message_id, serialize
from crypto.signing import sign
from crypto.week import day_of
from tests import world
from tests.workstation.filing import sit_down
from tests.workstation.helpers import Organisation, make_mailbox, read_reply, send, write
from tests.workstation.test_desk import Browser
from tests.world import NOW
from workstation.cases.handover import list_handovers
from workstation.handover.printed import Printed, print_out

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


def test_while_a_message_of_the_reporter_is_missing_nothing_leaves() -> None:
    """The server may keep back a no: whatever comes after it tells that something did."""
    no = answer(2, agreed=False)
    later = as_message(replace(FIRST, number=3, previous=no.id))
    assert standing(answer(1), later) == ("incomplete", PROPOSAL.text, False)
    assert standing(answer(1), no, later) == ("declined", PROPOSAL.text, False)
    assert standing(answer(1), as_message(replace(FIRST, number=2, previous=REPORT.id)))[2]


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


# -- at the desk ------------------------------------------------------------------------------------------------------

TYPED = {
    "recipient": "Politie Oost",
    "until": "2026-12-18",
    "passage": "Op 3 november zei hij:\r\n“Ik weet waar je woont.”",
}


@dataclass(frozen=True)
class Asked:
    """Anna's open desk, the path of the one conversation, and her question, which the reporter's browser has read."""

    organisation: Organisation
    browser: Browser
    path: str
    question: Message

    def reply(self, number: int = 1, *, agreed: bool = True, text: str | None = None) -> None:
        """Answer as the reporter's browser does, and show it at the desk."""
        box, proposal = make_mailbox(), self.question.payload.body.proposal
        assert proposal is not None
        statement = consent.state(proposal, text, "proef", box.verifying)
        signature = sign(labels.SIGN_CONSENT, consent.serialize_statement(statement), box.signing)
        said = (
            Consent(self.question.id, text, statement, signature)
            if agreed
            else Consent(self.question.id, None, None, None)
        )
        send(self.organisation, box, Draft("consent", Body(consent=said), day_of(NOW), number, None, {}))
        self.browser.open_first()

    def save(self, question: Message | None = None) -> tuple[int, bytes]:
        """Ask for the file about this question, or another."""
        answer = self.browser.post(f"{self.path}/overdracht/{(question or self.question).id.hex()}")
        return answer.status_code, answer.get_data()


@pytest.fixture
def asked(organisation: Organisation) -> Asked:
    """Let Anna ask for consent about the one report there is, and bring it to the reporter."""
    write(organisation, make_mailbox(), "Hallo")
    browser = sit_down(organisation)
    path = browser.open_first()
    assert browser.post(f"{path}/overdracht", TYPED).status_code == 303
    browser.open_first()
    assert "Er mag niets weg." in browser.page
    (record,) = organisation.collect("anna")
    return Asked(organisation, browser, path, read_reply(organisation, make_mailbox(), record))


def check(folder: Path) -> tuple[int, str]:
    """Run the verifier as somebody else would: plain Python, none of ours."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "controleer.py")], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout


def test_what_was_agreed_leaves_and_whoever_gets_it_can_check(asked: Asked, tmp_path: Path) -> None:
    """Before a yes nothing leaves; then exactly that text; and one changed byte anywhere is found."""
    # Another message is no proposal.
    assert asked.save(as_message(replace(FIRST, number=9)))[0] == 303
    asked.reply()
    assert asked.question.payload.body.proposal == Proposal(
        "handover", "Politie Oost", "Op 3 november zei hij:\n“Ik weet waar je woont.”", "2026-12-18"
    )
    assert "De melder is akkoord met precies deze tekst." in asked.browser.page
    status, data = asked.save()
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
    code, said = check(tmp_path)
    assert (code, "In orde." in said, "Politie Oost" in said) == (0, True, True)
    record = tmp_path / "overdracht.json"
    good = record.read_bytes()
    box = make_mailbox()
    for secret in (box.reply_address_key, box.reply_delete_key, box.recipient[:32], box.address_key):
        assert secret not in data
        assert secret.hex() not in good.decode()
    for old, new in (
        (b"3 november", b"4 november"),
        (b"Politie Oost", b"Politie West"),
        (b"2026-12-18", b"2027-12-18"),
    ):
        record.write_bytes(good.replace(old, new))
        assert check(tmp_path)[0] == 1
    record.write_bytes(good)
    assert check(tmp_path)[0] == 0
    verifier = module_of(tmp_path / "controleer.py")
    for file in (record, tmp_path / "overdracht.pdf"):
        whole = file.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 60)):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert finds_fault(verifier, tmp_path), (file.name, place)
        file.write_bytes(whole)
    assert not finds_fault(verifier, tmp_path)


def finds_fault(verifier: ModuleType, folder: Path) -> bool:
    """Say whether the verifier, in this process, finds a fault, or what it cannot read."""
    try:
        return bool(verifier.find_faults(folder)[1])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return True


def module_of(path: Path) -> ModuleType:
    """Load a script as a module."""
    spec = importlib.util.spec_from_file_location("controleer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text_of(data: bytes) -> str:
    """Return the words of a PDF."""
    with pypdfium2.PdfDocument(data) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


def test_what_is_printed_says_what_the_record_says() -> None:
    """Text, recipient, days and key, of any length; and where the font has no picture of a character, that is said."""
    printed = Printed(
        text="Hij heet Şükrü Łącki.\n\n" + "Lange regel. " * 600 + "Привет. 😀\tEinde.",
        recipient="Politie Oost",
        until="2026-12-18",
        organisation="proef",
        by="Anna",
        day=TODAY,
        key="k" * 43,
    )
    data = print_out(printed)
    assert print_out(printed) == data
    said = text_of(data)
    for words in ("Şükrü Łącki", "Привет. ◊", "Einde.", "Politie Oost", "18 december 2026", "proef", "k" * 43, "als ◊"):
        assert words in said
    assert "als ◊" not in text_of(print_out(replace(printed, text="Zonder.")))


def test_without_a_yes_nothing_leaves_however_it_is_asked_for(asked: Asked) -> None:
    """Before the answer, after a no, and after a yes that was taken back."""
    assert asked.save()[0] == 403
    asked.reply()
    assert asked.save()[0] == 200
    asked.reply(2, agreed=False)
    assert "De melder is niet akkoord." in asked.browser.page
    assert asked.save()[0] == 403


def test_a_text_that_the_reporter_changed_is_the_one_that_leaves(asked: Asked, tmp_path: Path) -> None:
    """The desk shows it, the file holds it, and the verifier agrees."""
    asked.reply(text="Alleen dit.")
    assert "De melder heeft de tekst gewijzigd" in asked.browser.page
    assert "Alleen dit." in asked.browser.page
    with zipfile.ZipFile(io.BytesIO(asked.save()[1])) as archive:
        archive.extractall(tmp_path)
    assert b"Alleen dit." in (tmp_path / "overdracht.json").read_bytes()
    assert "november" not in (tmp_path / "overdracht.json").read_text()
    assert check(tmp_path)[0] == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"recipient": ""}, "Vul in voor wie"),
        ({"recipient": "x" * 81}, "Vul in voor wie"),
        ({"until": ""}, "Kies tot wanneer"),
        ({"until": "2026-11-01"}, "Die dag is voorbij."),
        ({"passage": ""}, "Schrijf de tekst"),
        ({"passage": "x" * 16_385}, "Schrijf de tekst"),
        ({"passage": "a\x07b"}, "Schrijf de tekst"),
    ],
)
def test_a_question_that_makes_no_sense_is_explained_and_nothing_is_lost(
    organisation: Organisation, change: dict[str, str], sentence: str
) -> None:
    """One sentence, and what was typed stands there again."""
    write(organisation, make_mailbox(), "Hallo")
    browser = sit_down(organisation)
    path = browser.open_first()
    browser.post(f"{path}/overdracht", TYPED | change)
    browser.open_first()
    assert sentence in browser.page
    if "passage" not in change:
        assert "3 november" in browser.page
    assert organisation.replies("anna") == []
