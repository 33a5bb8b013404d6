"""Sharing with family, at the desk: a family code reads what the reporter's mailbox has allowed, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest

from crypto.body import Scope
from crypto.conversation import order
from crypto.event import Changes
from crypto.letter import join_letters
from crypto.week import WEEK_SECONDS, day_of
from tests.workstation.filing import sit_down
from tests.workstation.helpers import Organisation, make_mailbox
from tests.workstation.relatives import Post, Side, begin, make_family
from tests.workstation.test_destruction import live_on
from tests.world import NOW, make_attachment
from workstation.cases.family import leave_out_copies
from workstation.cases.inbox import Conversation
from workstation.desk.families import show_family
from workstation.desk.letters import title
from workstation.desk.listing import list_sections
from workstation.desk.outbox import Outbox
from workstation.desk.receive import Receiver
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


def test_what_a_reporter_stops_sharing_is_followed_at_once_and_said_to_both(organisation: Organisation) -> None:
    """Neither what is written after the stop is copied, nor what was written before it and not copied yet."""
    post = Post(organisation)
    reporter, family = begin(organisation, "conversation")
    post.go_round()
    reporter.write("Gedeeld.")
    post.go_round()
    reporter.write("Net te laat.")
    reporter.share(family, "none")
    reporter.write("Na het stoppen.")
    post.go_round()
    reply(organisation, reporter, "Antwoord na het stoppen.")
    post.collect("anna")
    post.go_round()
    assert post.copies(family) == ["Gedeeld."]
    assert post.told(family) == post.told(reporter) == ["conversation", "none"]


def test_a_wider_scope_gives_nothing_from_before_it(organisation: Organisation) -> None:
    """What was written under a narrower scope stays unread, and what was written under none."""
    post = Post(organisation)
    reporter, family = begin(organisation, "replies")
    reporter.write("Alleen voor het team.")
    post.go_round()
    reporter.share(family, "conversation")
    reporter.write("Voor beiden.")
    post.go_round()
    reporter.share(family, "none")
    reporter.write("In de pauze.")
    post.go_round()
    reporter.share(family, "conversation")
    reporter.write("Weer voor beiden.")
    post.go_round()
    assert post.copies(family) == ["Voor beiden.", "Weer voor beiden."]


def test_a_reply_counts_by_what_its_writer_had_seen(organisation: Organisation) -> None:
    """Who answered before knowing of the share is not passed on when the share arrives."""
    post = Post(organisation)
    reporter, family = begin(organisation)
    family.say("allow")
    held = reporter.share(family, "replies", to=("bram", "chris"))
    reply(organisation, reporter, "Zonder te weten dat er wordt meegelezen.")
    organisation.bring(*held, persons=["anna"])
    post.collect("anna")
    post.go_round()
    reply(organisation, reporter, "Nu wel.")
    post.collect("anna")
    post.go_round()
    assert post.copies(family) == ["Nu wel."]


def test_where_the_server_keeps_back_the_stop_nothing_more_is_copied(organisation: Organisation) -> None:
    """The next message names one that is not here: until that comes, nothing is followed, and then the stop is."""
    post = Post(organisation)
    reporter, family = begin(organisation, "conversation")
    post.go_round()
    stop = reporter.share(family, "none", to=())
    reporter.write("Na het stoppen.")
    post.go_round()
    reply(organisation, reporter, "Antwoord na het stoppen.")
    post.collect("anna")
    post.go_round()
    assert post.copies(family) == []
    organisation.bring(*stop)
    post.go_round()
    assert post.copies(family) == []
    assert post.told(family) == ["conversation", "none"]


def test_where_a_message_in_the_middle_is_missing_copies_wait_for_it(organisation: Organisation) -> None:
    """Once it is there, all that is owed is copied, in the order of the conversation."""
    post = Post(organisation)
    reporter, family = begin(organisation, "conversation")
    post.go_round()
    held = reporter.write("Een.", to=())
    reporter.write("Twee.")
    post.go_round()
    assert post.copies(family) == []
    organisation.bring(*held[0])
    post.go_round()
    assert post.copies(family) == ["Een.", "Twee."]


def test_nothing_is_copied_before_the_family_mailbox_is_known(organisation: Organisation) -> None:
    """Its number 0 may come after the share; what was written between is owed all the same."""
    post = Post(organisation)
    reporter, family = begin(organisation)
    held = family.say("allow", to=())
    reporter.share(family, "conversation")
    reporter.write("Tussendoor.")
    post.go_round()
    assert post.copies(family) == post.told(family) == []
    organisation.bring(*held)
    post.go_round()
    assert post.copies(family) == ["Tussendoor."]


def test_a_long_letter_is_one_letter_for_the_family_too(organisation: Organisation) -> None:
    """Its pieces are copied together, each of its own original, and join again."""
    post = Post(organisation)
    reporter, family = begin(organisation, "conversation")
    post.go_round()
    text = "".join(f"{number} angst " for number in range(4_000))
    pieces = reporter.write(text, to=())
    assert len(pieces) > 1
    organisation.bring(*pieces[0])
    post.go_round()
    assert post.copies(family) == []
    for piece in pieces[1:]:
        organisation.bring(*piece)
    post.go_round()
    copies = [m for m in post.read(family) if m.payload.kind == "copy"]
    (letter,) = join_letters(order(copies))
    assert (letter.text, letter.whole, len(letter.messages)) == (text, True, len(pieces))


def test_an_attachment_of_a_copy_is_the_originals(organisation: Organisation) -> None:
    """The same key and the same chunks; the desk neither posts nor fetches them a second time."""
    post = Post(organisation)
    reporter, family = begin(organisation, "conversation")
    photo = make_attachment()
    reporter.write("Met foto.", attachments=(photo,))
    with organisation.desk("anna"):
        pass
    wanted = organisation.spool("anna").read_wanted()
    post.collect("anna")
    post.go_round()
    (copy,) = [m for m in post.read(family) if m.payload.kind == "copy"]
    assert copy.payload.body.attachments == (photo,)
    assert organisation.spool("anna").read_wanted() == wanted
    assert not organisation.spool("anna").list_outgoing_chunks()


def test_each_reply_is_copied_by_its_own_desk_and_letters_by_one(organisation: Organisation) -> None:
    """The first on the list copies what the reporter wrote, or whoever is assigned; two desks make no two copies."""
    post = Post(organisation)
    reporter, family = begin(organisation, "conversation")
    post.go_round()
    reporter.write("Eerste brief.")
    post.go_round()
    reply(organisation, reporter, "Van Anna.", "anna")
    reply(organisation, reporter, "Van Chris.", "chris")
    for person in ("anna", "chris"):
        post.collect(person)
    post.go_round()
    with organisation.desk("chris") as work:
        work.change(find(work, reporter), Changes(assigned="chris"), NOW)
    post.collect("chris")
    post.go_round()
    reporter.write("Tweede brief.")
    post.go_round()
    with organisation.desk("anna") as work:
        ids = {work.keyring.id: "anna"}
    with organisation.desk("chris") as work:
        ids[work.keyring.id] = "chris"
    copies = [(m.payload.body.text, ids[m.payload.author]) for m in post.read(family) if m.payload.kind == "copy"]
    assert copies == [
        ("Eerste brief.", "anna"),
        ("Van Anna.", "anna"),
        ("Van Chris.", "chris"),
        ("Tweede brief.", "chris"),
    ]


def test_two_desks_that_did_not_see_each_other_may_both_copy_and_one_is_shown(organisation: Organisation) -> None:
    """Who is assigned may change while couriers are away."""
    post = Post(organisation)
    reporter, family = begin(organisation, "questions")
    post.go_round()
    with organisation.desk("chris") as work:
        work.change(find(work, reporter), Changes(assigned="chris"), NOW)
    reporter.write("Een brief.")
    for person in ("anna", "chris"):
        with organisation.desk(person):
            pass
    post.go_round()
    assert [m.payload.body.text for m in post.read(family) if m.payload.kind == "copy"] == ["Een brief."] * 2
    assert post.copies(family) == ["Een brief."]
    with organisation.desk("bram") as work:
        assert len(leave_out_copies(find(work, family).letters)) == len(find(work, family).letters) - 1


def test_a_counsellor_who_was_left_out_is_sealed_no_copy(organisation: Organisation) -> None:
    """The family's list follows the reporter's; while the server keeps the family's back, nothing is copied."""
    post = Post(organisation)
    reporter, family = begin(organisation, "conversation")
    post.go_round()
    reporter.list(["anna", "chris"])
    held = family.list(["anna", "chris"], to=())
    reporter.write("Niet voor Bram.")
    post.go_round(["anna", "chris"])
    reply(organisation, reporter, "Ook niet voor Bram.")
    post.collect("anna")
    post.go_round(["anna", "chris"])
    assert post.copies(family) == []
    organisation.bring(*held)
    post.go_round(["anna", "chris"])
    assert sorted(post.copies(family)) == ["Niet voor Bram.", "Ook niet voor Bram."]
    with organisation.desk("bram") as work:
        texts = [m.payload.body.text for known in work.receiver.messages.values() for m in known]
        assert not any("Bram" in text for text in texts)
    sealed = [m.payload.sealed for m in post.read(family) if m.payload.kind == "copy"]
    with organisation.desk("bram") as work:
        assert all(states[work.keyring.id] == "excluded" for states in sealed)


def test_questions_of_the_family_are_taken_in_only_where_the_newest_share_allows_them(
    organisation: Organisation,
) -> None:
    """A client that somebody has written themselves can send; no desk takes it in. Answers go to the family."""
    post = Post(organisation)
    reporter, family = begin(organisation, "conversation")
    post.go_round()
    family.write("Mag niet.")
    post.go_round()
    reporter.share(family, "questions")
    family.write("Mag wel.")
    post.go_round()
    reply(organisation, family, "Antwoord aan het gezin.")
    post.collect("anna")
    reporter.share(family, "conversation")
    family.write("Mag niet meer.")
    post.go_round()
    for person in ("anna", "bram", "chris"):
        with organisation.desk(person) as work:
            own = [m.payload.body.text for m in find(work, family).messages if m.payload.kind == "message"]
            assert own == ["Mag wel."]
            assert not any(m.payload.body.text == "Antwoord aan het gezin." for m in find(work, reporter).messages)
    assert "Antwoord aan het gezin." not in [m.payload.body.text for m in post.read(reporter)]


def test_questions_wait_while_no_share_is_known_or_a_message_is_missing(organisation: Organisation) -> None:
    """Neither turned away nor kept: they are taken in, or turned away, as soon as it is known what holds."""
    post = Post(organisation)
    reporter, family = begin(organisation)
    family.say("allow")
    family.write("Te vroeg.")
    with organisation.desk("anna") as work:
        assert [m.payload.kind for m in find(work, family).messages] == ["allow"]
    held = reporter.write("Kwijt.", to=())
    reporter.share(family, "questions")
    with organisation.desk("anna") as work:
        assert [m.payload.kind for m in find(work, family).messages] == ["allow"]
    organisation.bring(*held[0])
    with organisation.desk("anna") as work:
        own = [m for m in find(work, family).messages if m.payload.contact is not None]
        assert [m.payload.kind for m in own] == ["allow", "message"]
    post.go_round()


def test_nobody_passes_on_what_was_shared_with_them(organisation: Organisation) -> None:
    """A `share` from a family's mailbox is turned away, whatever its own scope is."""
    post = Post(organisation)
    reporter, family = begin(organisation, "questions")
    other = make_family(family)
    other.say("allow")
    family.share(other, "questions")
    family.write("Ik laat nog iemand meelezen.")
    reporter.write("Alleen voor mijn gezin.")
    post.go_round()
    reply(organisation, family, "Antwoord.")
    post.collect("anna")
    post.go_round()
    assert post.copies(family) == ["Alleen voor mijn gezin."]
    assert post.read(other) == []


def test_a_share_takes_nobody_elses_conversation(organisation: Organisation) -> None:
    """Another reporter's is not a family's; and a family's that two name gets nothing from either."""
    post = Post(organisation)
    reporter, family = begin(organisation, "questions")
    other = Side(organisation, make_mailbox(9))
    other.write("Hallo van een ander")
    stranger = Side(organisation, make_mailbox(11))
    stranger.write("Ik ken hun nummers")
    stranger.share(other, "none")
    post.go_round()
    other.write("Ik schrijf door.")
    post.go_round()
    with organisation.desk("anna") as work:
        assert [m.payload.body.text for m in find(work, other).messages][-1] == "Ik schrijf door."
    stranger.share(family, "questions", index=1)
    stranger.write("Voor dat gezin.")
    reporter.write("Voor mijn gezin.")
    for _again in range(3):
        post.go_round()
    assert post.copies(family) == []
    assert post.told(family) == ["questions"]


def test_a_conversation_in_which_nobody_has_written_is_in_no_list(organisation: Organisation) -> None:
    """Neither to be answered, nor counted, nor found; once there is a question it is, with the case it belongs to."""
    post = Post(organisation)
    reporter, family = begin(organisation, "questions")
    post.go_round()
    browser = sit_down(organisation)
    path = browser.open_first()
    assert browser.page.count('class="reason"') == 1
    assert "Gezinscode 1" in browser.page
    assert "ook zelf vragen stellen" in browser.page
    assert "Dit antwoord gaat ook naar het gezin: Gezinscode 1." in browser.page
    browser.get()
    assert "Eén gesprek wacht" in browser.page
    family.write("Mijn man slaapt niet.")
    browser.get()
    assert browser.page.count('class="reason"') == 2
    assert f"gezin bij {title(reporter.box.conversation)}" in browser.page
    browser.get(path)
    browser.get(link_to(browser.page, title(family.box.conversation)))
    assert "Het gezinslid" in browser.page
    assert "Mijn man slaapt niet." in browser.page
    assert "Dit antwoord gaat alleen naar dit gezinslid." in browser.page
    reporter.share(family, "none")
    browser.get(path)
    assert "Meelezen is gestopt." in browser.page
    assert "Dit antwoord gaat ook" not in browser.page


def link_to(page: str, name: str) -> str:
    """Return the path of the link that leads to a conversation."""
    return next(found[1] for found in re.finditer(r'href="([^"]+)">Gesprek ([^<]+)</a>', page) if found[2] == name)


def test_a_withdrawal_ends_what_was_shared_with_family(organisation: Organisation) -> None:
    """On each desk all of the family's conversation is destroyed, undelivered copies too, and nothing more comes in."""
    post = Post(organisation)
    reporter, family = begin(organisation, "questions")
    post.go_round()
    family.write("Een vraag.")
    post.go_round()
    reply(organisation, reporter, "Nog niet weg.")
    reporter.say("withdraw")
    family.write("Nog een vraag.")
    with organisation.desk("anna") as work:
        state = work.keyring.state
        assert not work.conversations
        assert not work.receiver.messages
        assert not state.archives
        assert state.withdrawn.keys() == {reporter.box.conversation, family.box.conversation}
    post.collect("anna")
    post.go_round()
    with organisation.desk("anna") as work:
        (section,) = list_sections(work, day_of(NOW))
        assert [entry.title for entry in section.entries] == [title(reporter.box.conversation)]
    said = [[m.payload.kind for m in post.read(side) if m.payload.kind == "destroyed"] for side in (reporter, family)]
    assert said == [["destroyed"] * 3, ["destroyed"] * 3]
    assert "Nog niet weg." not in post.copies(family)


def test_a_family_may_always_take_its_own_conversation_back(organisation: Organisation) -> None:
    """Whatever its scope is; the reporter's goes on, and nothing more is written there."""
    post = Post(organisation)
    reporter, family = begin(organisation, "replies")
    post.go_round()
    family.say("withdraw")
    post.go_round()
    reply(organisation, reporter, "Alleen voor u.")
    post.collect("anna")
    post.go_round()
    assert [m.payload.kind for m in post.read(family)][-3:] == ["destroyed"] * 3
    assert post.copies(family) == []
    with organisation.desk("anna") as work:
        assert work.conversations.keys() == {reporter.box.conversation}
        assert "trok het gesprek in" in show_family(work, find(work, reporter)).codes[0].warning


def test_what_was_turned_away_here_and_read_elsewhere_is_no_alarm(organisation: Organisation) -> None:
    """A desk that was away learns of the question and of the stop at once, and a colleague has read the question."""
    post = Post(organisation)
    reporter, family = begin(organisation, "questions")
    post.go_round()
    family.write("Een vraag.")
    post.go_round(["anna"])
    reporter.share(family, "none")
    post.go_round(["bram"])
    with organisation.desk("bram") as work:
        assert not [m for m in find(work, family).messages if m.payload.kind == "message"]
        assert not work.list_unopened()


def test_a_desk_that_learns_of_a_withdrawal_first_keeps_nothing_of_the_family(organisation: Organisation) -> None:
    """It was away: withdrawal, share, and the family's conversation with its copies come in one look."""
    post = Post(organisation)
    reporter, family = begin(organisation, "questions")
    family.write("Een vraag.")
    reporter.write("Een brief.")
    post.go_round(["anna", "bram"])
    reporter.say("withdraw")
    with organisation.desk("chris") as work:
        assert not work.conversations
        assert family.box.conversation in work.keyring.state.withdrawn
    with organisation.desk("chris") as work:
        assert not work.receiver.messages
        assert not work.keyring.state.archives


def test_a_power_cut_between_two_steps_loses_no_copy(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it comes, the family gets what is owed once the desk is opened again; at most twice the same."""
    post = Post(organisation)
    reporter, family = begin(organisation, "conversation")
    post.go_round()
    reporter.write("Een brief.")
    steps: list[int] = []
    whole = Outbox.add, Receiver.keep

    def cut(step: int) -> None:
        def count(original: Callable[..., None]) -> Callable[..., None]:
            def inner(*args: object) -> None:
                steps.append(1)
                if len(steps) == step:
                    raise PowerCutError
                original(*args)

            return inner

        steps.clear()
        monkeypatch.setattr(Outbox, "add", count(whole[0]))
        monkeypatch.setattr(Receiver, "keep", count(whole[1]))

    for step in range(1, 5):
        cut(step)
        with suppress(PowerCutError):
            reply(organisation, reporter, f"Antwoord {step}")
        monkeypatch.setattr(Outbox, "add", whole[0])
        monkeypatch.setattr(Receiver, "keep", whole[1])
        post.collect("anna")
        post.go_round()
        post.go_round()
    replies = {m.payload.body.text for m in post.read(reporter) if m.payload.kind == "reply"}
    assert set(post.copies(family)) == {"Een brief.", *replies}
    assert replies


class PowerCutError(BaseException):
    """Stands for the moment at which nothing runs any more."""


def test_what_is_shared_goes_with_the_case_when_its_time_is_over(organisation: Organisation) -> None:
    """But not while the family's own conversation still runs."""
    post = Post(organisation)
    reporter, family = begin(organisation, "questions")
    family.write("Een vraag.")
    post.go_round()
    until = day_of(NOW + 2 * WEEK_SECONDS)
    for side in (reporter, family):
        with organisation.desk("anna") as work:
            work.answer(find(work, side), "Tot ziens", NOW)
        with organisation.desk("anna") as work:
            work.change(find(work, reporter), Changes(status="closed", keep_until=until), NOW)
        post.collect("anna")
        post.go_round()
    over = NOW + 4 * WEEK_SECONDS
    live_on(organisation, NOW + WEEK_SECONDS)
    live_on(organisation, over)
    with organisation.desk("anna", over) as work:
        assert work.conversations.keys() == {reporter.box.conversation, family.box.conversation}
        work.change(find(work, family), Changes(status="closed", keep_until=until), over)
    for _again in range(2):
        with organisation.desk("anna", over) as work:
            assert not work.conversations
    with organisation.desk("anna", over) as work:
        assert not work.keyring.state.archives
        assert not work.receiver.messages
