"""The vectors that both twins must agree on, as Python sees them; `tests/web/protocol` runs the same files."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crypto import (
    address,
    attachment,
    code,
    consent,
    conversation,
    encoding,
    envelope,
    keyset,
    letter,
    mailbox,
    payload,
    recipient,
    sharing,
    visit,
    week,
)
from crypto.age.hybrid import Identity, wrap
from crypto.body import SCOPES
from crypto.errors import ForgedError, KeysetError, MalformedError, NoMatchError, ProtocolError
from crypto.roster import Pins
from crypto.verifying import parse_document, serialize_document

VECTORS = Path(__file__).parent.parent / "vectors"
WORDS = (VECTORS.parent.parent / "content/words/nl.txt").read_text().split()
FAILURES: dict[str, type[ProtocolError]] = {
    "malformed": MalformedError,
    "no match": NoMatchError,
    "forged": ForgedError,
    "header failure": MalformedError,
    "plaintext failure": MalformedError,
    "HMAC failure": ForgedError,
    "payload failure": ForgedError,
}
Vector = dict[str, Any]


def vectors(subject: str) -> pytest.MarkDecorator:
    """Run a test once for each vector of a subject."""
    paths = sorted((VECTORS / subject).glob("*.json"))
    assert paths, "a subject has vectors"
    loaded = [pytest.param(json.loads(path.read_text()), id=path.stem) for path in paths]
    return pytest.mark.parametrize("vector", loaded)


def expect(vector: Vector) -> Any:
    """Return a context that demands the failure this vector names."""
    return pytest.raises(FAILURES[vector["expect"]])


def b64(text: str) -> bytes:
    return base64.b64decode(text)


def read_message(data: bytes) -> conversation.Message:
    return conversation.Message(payload.message_id(data), payload.parse(data), data, b"")


def box_of(vector: Vector) -> mailbox.Mailbox:
    return mailbox.derive(bytes.fromhex(vector["secret"]), vector["organisation"])


def keyset_of(vector: Vector) -> keyset.Keyset:
    pins = Pins(
        vector["organisation"], encoding.decode_b64u(vector["root_key"]), vector.get("minimum_roster_version", 1)
    )
    return keyset.verify(vector["keyset"].encode(), pins, vector["now"])


@vectors("code")
def test_words_are_digits_and_a_check(vector: Vector) -> None:
    """A code is a secret in eight words, of which any one can be recovered."""
    words = [WORDS[digit] for digit in vector["digits"]]
    if vector["expect"] != "success":
        with expect(vector):
            code.decode(words, WORDS)
    elif "missing" in vector:
        typed = [None if i == vector["missing"] else word for i, word in enumerate(words)]
        assert code.recover(typed, WORDS) == words[vector["missing"]]
    else:
        assert code.encode(bytes.fromhex(vector["secret"]), WORDS) == words
        assert code.decode([word[:4] for word in words], WORDS).hex() == vector["secret"]


@vectors("mailbox")
def test_a_mailbox_follows_from_its_code(vector: Vector) -> None:
    """Every key of a mailbox is a function of secret and organisation."""
    box = box_of(vector)
    for key in ("conversation", "identity", "signing", "verifying", "address_key", "delete_key", "reply_address_key"):
        assert getattr(box, key).hex() == vector[key]
    assert box.reply_delete_key.hex() == vector["reply_delete_key"]
    assert recipient.encode_recipient(box.recipient) == vector["recipient_text"]
    assert recipient.decode_recipient(vector["recipient_text"]) == box.recipient
    assert recipient.encode_identity(box.identity) == vector["identity_text"]
    assert box.family_key.hex() == vector["family_key"]
    assert [mailbox.derive_family_secret(box, index).hex() for index in (0, 1, 255)] == vector["families"]


@vectors("address")
def test_an_address_follows_from_key_author_and_number(vector: Vector) -> None:
    """Addresses, delete tokens and their hashes are those of SPEC."""
    key, author = bytes.fromhex(vector["address_key"]), bytes.fromhex(vector["author"])
    found = address.derive_address(key, author, vector["number"])
    token = address.derive_delete_token(bytes.fromhex(vector["delete_key"]), found)
    assert found.hex() == vector["address"]
    assert token.hex() == vector["delete_token"]
    assert address.delete_hash(token).hex() == vector["delete_hash"]
    assert address.prefix(found).hex() == vector["prefix"]


@vectors("attachment")
def test_a_chunk_is_its_files_own_or_refused(vector: Vector) -> None:
    """A chunk holds one piece of one file, at one place; whether it is the last is part of it."""
    keys = attachment.derive_keys(bytes.fromhex(vector["key"]))
    index, last, block = vector["index"], vector["last"], b64(vector["block"])
    assert attachment.chunk_address(keys, index).hex() == vector["address"]
    if vector["expect"] == "success":
        piece = attachment.decrypt_chunk(keys, index, block, vector["size"], last=last)
        assert encoding.digest(piece).hex() == vector["piece_hash"]
        assert attachment.encrypt_chunk(keys, index, piece, last=last) == block
    else:
        with expect(vector):
            attachment.decrypt_chunk(keys, index, block, vector["size"], last=last)


@vectors("chunks")
def test_the_number_of_chunks_is_padded(vector: Vector) -> None:
    """Padmé decides how many chunks there are; the digest holds them together in their order."""
    assert [[size, attachment.count_chunks(size)] for size, _ in vector["counts"]] == vector["counts"]
    digests = [bytes.fromhex(text) for text in vector["digests"]]
    assert attachment.combine_digests(digests).hex() == vector["digest"]
    assert attachment.combine_digests(reversed(digests)).hex() != vector["digest"]


@vectors("json")
def test_only_canonical_json_is_read(vector: Vector) -> None:
    """What parses is what we would have written."""
    data = b64(vector["json"])
    if vector["expect"] == "success":
        assert encoding.serialize_json(encoding.parse_json(data)) == data
    else:
        with expect(vector):
            encoding.parse_json(data)


@vectors("identity")
def test_only_canonical_identities_are_read(vector: Vector) -> None:
    """An identity is upper-case bech32 of 32 bytes."""
    if vector["expect"] == "success":
        assert recipient.encode_identity(recipient.decode_identity(vector["text"])) == vector["text"]
    else:
        with expect(vector):
            recipient.decode_identity(vector["text"])


@vectors("recipient")
def test_only_public_keys_are_read_as_recipients(vector: Vector) -> None:
    """Whatever is read as a recipient can be sealed to."""
    if vector["expect"] == "success":
        assert recipient.encode_recipient(recipient.decode_recipient(vector["text"])) == vector["text"]
        wrap(bytes(16), recipient.decode_recipient(vector["text"]))
    else:
        with expect(vector):
            recipient.decode_recipient(vector["text"])


@vectors("b64u")
def test_only_canonical_base64url_is_read(vector: Vector) -> None:
    """Thirty-two bytes have one spelling."""
    if vector["expect"] == "success":
        assert encoding.encode_b64u(encoding.decode_b64u(vector["text"])) == vector["text"]
    else:
        with expect(vector):
            encoding.decode_b64u(vector["text"])


@vectors("week")
def test_weeks_are_iso_weeks_in_utc(vector: Vector) -> None:
    """A week begins on Monday at midnight UTC."""
    if vector["expect"] == "success":
        assert week.week_number(vector["now"]) == vector["number"] == week.decode_week(vector["week"])
        assert week.encode_week(vector["number"]) == vector["week"]
        assert (week.day_of(vector["now"]), week.in_grace(vector["now"])) == (vector["day"], vector["grace"])
    else:
        with expect(vector):
            week.decode_week(vector["week"])


@vectors("envelope")
def test_an_envelope_opens_or_fails_at_its_stage(vector: Vector) -> None:
    """The three failures are told apart."""
    identity = Identity(recipient.decode_identity(vector["identity"]))
    if vector["expect"] == "success":
        opened = envelope.open(b64(vector["envelope"]), [identity])
        assert envelope.pad(*opened) == b64(vector["plaintext"])
    else:
        with expect(vector):
            envelope.open(b64(vector["envelope"]), [identity])


@vectors("payload")
def test_only_canonical_payloads_are_read(vector: Vector) -> None:
    """What parses is what we would have written; anything else is not our bytes."""
    data = b64(vector["payload"])
    assert payload.message_id(data).hex() == vector["message_id"]
    if vector["expect"] == "success":
        assert payload.serialize(payload.parse(data)) == data
    else:
        with expect(vector):
            payload.parse(data)


@vectors("consent")
def test_only_consent_to_exactly_this_lets_a_text_leave(vector: Vector) -> None:
    """Another text, recipient, term, mailbox or day is refused, whoever signed it."""
    proposal = consent.Proposal("handover", **vector["proposal"])
    statement = consent.parse_statement(vector["statement"].encode())
    assert consent.serialize_statement(statement).decode() == vector["statement"]
    answer = consent.Consent(bytes(32), vector["text"], statement, bytes.fromhex(vector["signature"]))
    given = (answer, proposal, vector["organisation"], bytes.fromhex(vector["verifying_key"]), vector["day"])
    if vector["expect"] == "success":
        assert consent.check_consent(*given) == (vector["text"] or proposal.text)
    else:
        with expect(vector):
            consent.check_consent(*given)
    with pytest.raises(ForgedError):
        consent.check_consent(replace(answer, statement=None, signature=None), *given[1:])


@vectors("sharing")
def test_sharing_is_what_the_mailbox_said_last(vector: Vector) -> None:
    """In whatever order its messages come; and each number had the scope of what came before it."""
    messages = [read_message(b64(data)) for data in vector["payloads"]]
    families = [bytes.fromhex(family) for family in vector["families"]]
    found = sharing.list_sharings(messages)
    assert {f.hex(): [s.scope, s.index, s.since] for f, s in found.items()} == vector["sharings"]
    assert [[sharing.scope_at(messages, f, number) for number in range(8)] for f in families] == vector["scopes"]
    covered = [[sharing.covers(s, "team"), sharing.covers(s, "mailbox"), sharing.may_ask(s)] for s in SCOPES]
    assert covered == vector["covered"]


@vectors("message")
def test_a_message_is_its_mailboxs_own_or_refused(vector: Vector) -> None:
    """Nobody writes in a reporter's name, and no envelope can be moved."""
    opened = b64(vector["payload"]), b64(vector["signature"])
    place = bytes.fromhex(vector["address"])
    if vector["expect"] == "success":
        assert conversation.authenticate_message(opened, vector["organisation"], place).data == opened[0]
    else:
        with expect(vector):
            conversation.authenticate_message(opened, vector["organisation"], place)


@vectors("reply")
def test_a_reply_is_a_counsellors_own_or_refused(vector: Vector) -> None:
    """Only an allowed person's workstation speaks, in its own conversation and number."""
    opened = b64(vector["payload"]), b64(vector["signature"])
    slot = bytes.fromhex(vector["author"]), vector["number"]
    roster, box = keyset_of(vector).roster, box_of(vector)
    if vector["expect"] == "success":
        assert conversation.authenticate_reply(opened, roster, box, slot, vector["persons"]).data == opened[0]
    else:
        with expect(vector):
            conversation.authenticate_reply(opened, roster, box, slot, vector["persons"])


@vectors("keyset")
def test_a_keyset_holds_or_is_refused_with_its_reason(vector: Vector) -> None:
    """A rolled back, frozen, expired, forked or incomplete keyset is never sealed to."""
    if vector["expect"] == "success":
        absent = [w.hex() for w, card in keyset_of(vector).cards.items() if card is None]
        assert sorted(absent) == vector["absent"]
    elif vector["expect"] == "malformed":
        with expect(vector):
            keyset_of(vector)
    else:
        with pytest.raises(KeysetError) as refusal:
            keyset_of(vector)
        assert refusal.value.reason == vector["expect"]


@vectors("fingerprint")
def test_a_fingerprint_is_eight_words(vector: Vector) -> None:
    """Root key and roster are compared by telephone in eight words."""
    key = encoding.decode_b64u(vector["root_key"])
    words = keyset.fingerprint(key, b64(vector["roster"]), WORDS)
    assert words == [WORDS[digit] for digit in vector["digits"]]


@vectors("document")
def test_only_canonical_documents_are_read(vector: Vector) -> None:
    """A signed document has exactly one signature of 64 bytes."""
    data = vector["document"].encode()
    if vector["expect"] == "success":
        assert serialize_document(parse_document(data)) == data
    else:
        with expect(vector):
            parse_document(data)


@vectors("visit")
def test_a_visit_asks_for_the_same_slots(vector: Vector) -> None:
    """What a visit fetches follows from the index alone."""
    key, own = bytes.fromhex(vector["reply_address_key"]), bytes.fromhex(vector["own"])
    listed = visit.match_index(b64(vector["index"]), key, [bytes.fromhex(a) for a in vector["authors"]])
    assert {author.hex(): numbers for author, numbers in listed.items()} == vector["listed"]
    first = visit.plan_first(own, listed)
    second = visit.plan_second(own, vector["seen"], listed, first)
    rest = visit.plan_next(listed, [*first, *second])
    more = visit.plan_more(own, vector["seen"], listed, [*first, *second])
    shown = [[[author.hex(), number] for author, number in slots] for slots in (first, second, rest, more)]
    assert shown == [vector["first"], vector["second"], vector["next"], vector["more"]]


@vectors("sealed")
def test_only_the_allowed_are_sealed_to(vector: Vector) -> None:
    """Recipients are allow-list ∩ roster; the successor only where none of them remains."""
    allow = conversation.first_allow(vector["persons"], vector["successor"])
    if vector["expect"] == "success":
        sealed = conversation.choose_sealed(keyset_of(vector), allow)
        assert {w.hex(): s if isinstance(s, str) else s.hex() for w, s in sealed.items()} == vector["sealed"]
    else:
        with expect(vector):
            conversation.choose_sealed(keyset_of(vector), allow)


@vectors("thread")
def test_a_thread_is_in_the_order_people_saw(vector: Vector) -> None:
    """A message stands after what its author had read, whatever the days say."""
    messages = [read_message(b64(text)) for text in vector["payloads"]]
    assert [m.id.hex() for m in conversation.order(messages)] == vector["order"]


@vectors("split")
def test_a_text_is_cut_where_an_envelope_is_full(vector: Vector) -> None:
    """Each piece is as long as it can be, and none ends inside a code point."""
    text = "".join(part * times for part, times in vector["text"])
    if vector["expect"] == "success":
        pieces = letter.split_text(text)
        assert "".join(pieces) == text
        assert [[len(p.encode()), encoding.digest(p.encode()).hex()] for p in pieces] == vector["pieces"]
    else:
        with expect(vector):
            letter.split_text(text)


@vectors("join")
def test_pieces_become_the_letter_that_was_written(vector: Vector) -> None:
    """Only the same author's next message of the same type continues a text."""
    data = [b64(text) for text in vector["payloads"]]
    messages = [conversation.Message(payload.message_id(d), payload.parse(d), d, b"") for d in data]
    letters = letter.join_letters(messages)
    shown = [{"messages": [m.id.hex() for m in x.messages], "text": x.text, "whole": x.whole} for x in letters]
    assert shown == vector["letters"]


@pytest.mark.slow
@vectors("flips")
def test_no_flipped_bit_opens_and_each_fails_at_its_stage(vector: Vector) -> None:
    """Every header byte and 10,000 other bits, one at a time."""
    block, identity = b64(vector["envelope"]), Identity(recipient.decode_identity(vector["identity"]))
    header = [(offset, 1, letter) for offset, letter in enumerate(vector["header"])]
    letters = {"M": MalformedError, "N": NoMatchError, "F": ForgedError}
    assert len(header) == envelope.HEADER_SIZE
    for offset, mask, kind in [*header, *vector["others"]]:
        changed = block[:offset] + bytes([block[offset] ^ mask]) + block[offset + 1 :]
        with pytest.raises(letters[kind]):
            envelope.open(changed, [identity])
