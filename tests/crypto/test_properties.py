"""Inverse and non-malleable: what a decoder takes, its encoder would have written."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import body, code, conversation, encoding, envelope, labels, letter, recipient
from crypto.age import stream
from crypto.age.hybrid import Identity, recipient_of
from crypto.errors import ForgedError, MalformedError, NoMatchError, ProtocolError
from tests import world

WORDS = (Path(__file__).parent.parent.parent / "content/words/nl.txt").read_text().split()
secrets = st.binary(min_size=11, max_size=11).map(code.make_secret)
places = st.integers(0, 7)
leaves = st.none() | st.booleans() | st.integers(0, encoding.MAX_INTEGER) | st.text()
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text("abcz_0", max_size=4), inner))


@given(secrets)
def test_words_encode_a_secret_and_decode_to_it(secret: bytes) -> None:
    """Words only encode."""
    assert code.decode(code.encode(secret, WORDS), WORDS) == secret


@given(secrets, places, st.sampled_from(WORDS))
def test_every_single_wrong_word_is_detected(secret: bytes, place: int, word: str) -> None:
    """One wrong word never passes, and striking it out recovers the right one."""
    words = code.encode(secret, WORDS)
    typed = [*words[:place], word, *words[place + 1 :]]
    if word != words[place]:
        with pytest.raises(MalformedError):
            code.decode(typed, WORDS)
    missing = [None if i == place else w for i, w in enumerate(typed)]
    assert code.recover(missing, WORDS) == words[place]


@given(secrets, places, places)
def test_every_swap_is_detected(secret: bytes, first: int, second: int) -> None:
    """Two words in each other's place never pass."""
    words = code.encode(secret, WORDS)
    typed = list(words)
    typed[first], typed[second] = typed[second], typed[first]
    if typed != words:
        with pytest.raises(MalformedError):
            code.decode(typed, WORDS)


@given(values)
def test_json_is_read_as_it_was_written(value: object) -> None:
    """Canonical JSON is its own inverse."""
    assert encoding.parse_json(encoding.serialize_json(value)) == value


@given(st.binary(max_size=200))
def test_json_never_fails_otherwise(data: bytes) -> None:
    """Whatever bytes come, they are canonical JSON or they are refused."""
    try:
        assert encoding.serialize_json(encoding.parse_json(data)) == data
    except MalformedError:
        pass


@given(st.binary(max_size=600), st.binary(min_size=64, max_size=64))
def test_padding_is_taken_off_as_it_was_put_on(payload: bytes, signature: bytes) -> None:
    """Padded plaintexts all have one size."""
    padded = envelope.pad(payload, signature)
    assert len(padded) == envelope.PLAINTEXT_SIZE
    assert envelope.unpad(padded) == (payload, signature)


@given(st.binary(max_size=60), st.integers(0, envelope.PLAINTEXT_SIZE - 1), st.integers(1, 255))
def test_no_altered_padding_is_accepted_as_the_same(payload: bytes, offset: int, mask: int) -> None:
    """A changed plaintext is refused or means something else; two never mean the same."""
    padded = bytearray(envelope.pad(payload, bytes(64)))
    padded[offset] ^= mask
    try:
        assert envelope.unpad(bytes(padded)) != (payload, bytes(64))
    except MalformedError:
        pass


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072])
def test_bodies_decrypt_to_what_was_encrypted(size: int) -> None:
    """STREAM works at every boundary of a chunk."""
    body = stream.encrypt(bytes(size), bytes(16), bytes(16))
    assert stream.decrypt(body, bytes(16), bytes(16)) == bytes(size)
    for cut in (body[:-1], body + b"\x00", b""):
        with pytest.raises(ForgedError):
            stream.decrypt(cut, bytes(16), bytes(16))


@pytest.mark.slow
@settings(max_examples=12)
@given(st.sets(st.sampled_from("abcdefghijk"), min_size=1), st.sets(st.sampled_from("abcdefghijk")))
def test_the_excluded_cannot_open_and_the_allowed_can(allowed: set[str], absent: set[str]) -> None:
    """For random teams and exclusions, who opens an envelope is exactly who the model says; its size never tells."""
    team = world.make_team("eleven", tuple("abcdefghijk"))
    box = world.make_mailbox()
    cards = tuple(d for c in team.counsellors for d in (c.card(world.WEEK),) if c.workstation.person not in absent)
    statements = tuple(c.freshness(team.roster, cards) for c in team.counsellors)
    reachable = allowed - absent
    try:
        verified = _keyset(team, cards, statements)
        allow = conversation.first_allow(allowed)
        draft = conversation.Draft("message", body.Body("x"), "2026-11-18", 0, None, {})
        written = conversation.compose_message(box, verified, allow, draft)
    except ProtocolError:
        assert not reachable
        return
    opened = world.sign_payload(written, labels.SIGN_MAILBOX, box.signing)
    block = envelope.seal(*opened, conversation.list_recipients(verified, written), os.urandom)
    assert len(block) == labels.BLOCK_SIZE
    assert _opens(block, box.identity)
    assert {c.workstation.person for c in team.counsellors if _opens(block, c.identity)} == reachable


def _keyset(team: world.Team, cards: tuple[object, ...], statements: tuple[object, ...]) -> conversation.Keyset:
    return world.keyset.verify(team.served(cards=cards, statements=statements), team.pins, world.NOW)  # type: ignore[arg-type]


def _opens(block: bytes, identity: bytes) -> bool:
    try:
        envelope.open(block, [Identity(identity)])
    except ProtocolError:
        return False
    return True


RECIPIENT = recipient.encode_recipient(recipient_of(world.make_random("spelling")(32)))


@given(st.integers(0, len(RECIPIENT) - 1), st.characters() | st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7lA=?"))
def test_a_recipient_has_one_spelling(place: int, letter: str) -> None:
    """No letter of it can be another; neither the first time it is read nor, remembered, the second time."""
    changed = RECIPIENT[:place] + letter + RECIPIENT[place + 1 :]
    for text in (changed, changed, RECIPIENT):
        if text == RECIPIENT:
            assert recipient.encode_recipient(recipient.decode_recipient(text)) == text
        else:
            with pytest.raises(MalformedError):
                recipient.decode_recipient(text)


@given(st.binary(min_size=32, max_size=32))
def test_an_identity_is_read_as_it_was_written(seed: bytes) -> None:
    """Inverse."""
    assert recipient.decode_identity(recipient.encode_identity(seed)) == seed


def test_few_recipients_are_remembered_and_no_identity_is() -> None:
    """What is remembered is bounded, public, and can be forgotten."""
    recipient.forget_recipients()
    recipient.decode_identity(recipient.encode_identity(bytes(32)))
    assert recipient._decode_recipient.cache_info().currsize == 0
    assert recipient.decode_recipient(RECIPIENT) is recipient.decode_recipient(RECIPIENT)
    most = recipient._decode_recipient.cache_info().maxsize
    assert most is not None
    assert most * (len(RECIPIENT) + recipient.RECIPIENT_SIZE) < 10**6
    recipient.forget_recipients()
    assert recipient._decode_recipient.cache_info().currsize == 0


@given(st.text("AQabz01-_+/= é", max_size=8))
def test_base64url_has_one_spelling(text: str) -> None:
    """Whatever is read would have been written so."""
    try:
        data = encoding.decode_b64u(text, None)
    except MalformedError:
        return
    assert encoding.encode_b64u(data) == text


def test_brackets_in_a_text_are_no_levels() -> None:
    """A text may hold as many as it likes."""
    value = {"text": "[{" * 100}
    assert encoding.parse_json(encoding.serialize_json(value)) == value


def test_an_envelope_tells_which_identity_opened_it() -> None:
    """The first one that opens any stanza; so the desk knows which card a message must name."""
    seeds = [world.make_random(f"which {i}")(32) for i in range(4)]
    block = envelope.seal(b"{}", bytes(64), [recipient_of(seeds[2]), recipient_of(seeds[3])], os.urandom)
    identities = [Identity(seed) for seed in seeds]
    assert envelope.open_any(block, identities) == (2, b"{}", bytes(64))
    assert envelope.open_any(block, identities[::-1])[0] == 0
    with pytest.raises(NoMatchError):
        envelope.open_any(block, identities[:2])


def test_a_sealed_block_tells_nothing_by_its_shape() -> None:
    """One recipient or twelve: the same size, twelve stanzas, and never the same bytes."""
    recipients = [recipient_of(world.make_random(str(i))(32)) for i in range(12)]
    blocks = [envelope.seal(b"{}", bytes(64), recipients[:n], os.urandom) for n in (1, 12, 12)]
    assert {(len(b), b[: envelope.HEADER_SIZE].count(b"-> mlkem768x25519 ")) for b in blocks} == {(65_536, 12)}
    assert blocks[1] != blocks[2]


# Parts of one, two, three and four bytes, and what JSON escapes, long enough for more than one piece.
parts = st.tuples(st.sampled_from('a"\\\né€👍'), st.integers(1, 20_000))


@given(st.lists(parts, max_size=8))
@settings(max_examples=50)
def test_a_text_is_cut_into_the_fewest_pieces_that_fit(chosen: list[tuple[str, int]]) -> None:
    """Joined they are the text, each fits, and each would be too long with the next one's first character."""
    text = "".join(part * times for part, times in chosen)
    pieces = letter.split_text(text)
    assert "".join(pieces) == text
    sizes = [len(encoding.serialize_json(piece)) - 2 for piece in pieces]
    assert all(size <= letter.PIECE_SIZE for size in sizes)
    for piece, after in pairwise(pieces):
        assert len(encoding.serialize_json(piece + after[0])) - 2 > letter.PIECE_SIZE


def test_only_the_first_piece_carries_more_than_text() -> None:
    """What holds from now on stands in all of them: whoever has the last one knows it."""
    said = body.Body(
        "x" * 60_000, {"a": ("b",)}, 2, (world.make_attachment(),), False, "kern", "kaart", "series", "2026-11-26"
    )
    first, second, third = letter.split_body(said)
    assert (first.answers, first.questions, first.attachments) == (said.answers, 2, said.attachments)
    assert (first.gist, first.summary) == ("kern", "kaart")
    assert replace(second, text="") == body.Body(continues=True, track="series", next="2026-11-26")
    assert {(each.track, each.next) for each in (first, second, third)} == {("series", "2026-11-26")}
    assert [each.continues for each in (first, second, third)] == [True, True, False]
    assert letter.split_body(body.Body("kort")) == [body.Body("kort")]


def test_half_a_surrogate_pair_is_no_text() -> None:
    """It has no UTF-8."""
    with pytest.raises(MalformedError):
        letter.split_text("a\ud800")
