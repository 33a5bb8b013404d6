"""Write the vectors that both twins must agree on: `python tests/vectors/generate.py`.

One scenario a file, `<subject>/<part_defect>.json`, each with `expect`. Everything follows from fixed seeds except the
encapsulations of X-Wing, whose randomness is the library's own: envelopes differ at each run, their meaning does not.
"""

from __future__ import annotations

import base64
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from crypto import (  # noqa: E402
    address,
    attachment,
    body,
    code,
    consent,
    conversation,
    encoding,
    envelope,
    keyset,
    labels,
    letter,
    mailbox,
    payload,
    recipient,
    sharing,
    visit,
    week,
)
from crypto.age import file  # noqa: E402
from crypto.age.hybrid import recipient_of  # noqa: E402
from crypto.errors import ForgedError, MalformedError, NoMatchError, ProtocolError  # noqa: E402
from crypto.signing import sign, sign_document  # noqa: E402
from crypto.verifying import Document, parse_document, serialize_document  # noqa: E402
from tests import world  # noqa: E402

FAILURES = {MalformedError: "malformed", NoMatchError: "no match", ForgedError: "forged"}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def write(name: str, **fields: Any) -> None:
    path = HERE / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fields, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def outcome(act: Callable[[], object]) -> str:
    """Return `success` or the failure's name: what Python says is checked against what is asked for by the caller."""
    try:
        act()
    except ProtocolError as error:
        return next(name for kind, name in FAILURES.items() if isinstance(error, kind))
    return "success"


def codes() -> None:
    words = [f"{i:04d}" for i in range(code.LIST_SIZE)]
    for name, seed in (("first", "a"), ("second", "b"), ("third", "c")):
        secret = code.make_secret(world.make_random(seed)(code.SECRET_SIZE))
        digits = [int(word) for word in code.encode(secret, words)]
        write(f"code/encode_{name}", secret=secret.hex(), digits=digits, expect="success")
    for name, secret in (("zero", bytes(11)), ("highest", b"\x0f" + b"\xff" * 10)):
        digits = [int(word) for word in code.encode(secret, words)]
        write(f"code/encode_{name}", secret=secret.hex(), digits=digits, expect="success")
    wrong = [*digits[:3], digits[3] ^ 1, *digits[4:]]
    write("code/word_wrong", digits=wrong, expect="malformed")
    random = world.make_random("swap")(22)
    digits = [int(word) for word in code.encode(code.make_secret(random[:11]), words)]
    write("code/words_swapped", digits=[digits[1], digits[0], *digits[2:]], expect="malformed")
    write("code/word_missing", digits=digits, missing=5, expect="success")
    write("code/words_too_few", digits=digits[:7], expect="malformed")
    write("code/words_too_many", digits=[*digits, digits[0]], expect="malformed")


def mailboxes() -> None:
    for name, organisation in (("first", "proef"), ("other_organisation", "anders")):
        secret = code.make_secret(world.make_random("mailbox")(11))
        box = mailbox.derive(secret, organisation)
        keys = {key: getattr(box, key).hex() for key in mailbox.Mailbox.__slots__ if key != "recipient"}
        write(
            f"mailbox/derive_{name}",
            secret=secret.hex(),
            organisation=organisation,
            identity_text=recipient.encode_identity(box.identity),
            recipient_text=recipient.encode_recipient(box.recipient),
            families=[mailbox.derive_family_secret(box, index).hex() for index in (0, 1, 255)],
            expect="success",
            **keys,
        )


def addresses() -> None:
    for number in (0, 1, 255):
        random = world.make_random(f"address {number}")
        key, delete_key, author = random(32), random(32), random(32)
        found = address.derive_address(key, author, number)
        token = address.derive_delete_token(delete_key, found)
        write(
            f"address/number_{number}",
            address_key=key.hex(),
            delete_key=delete_key.hex(),
            author=author.hex(),
            number=number,
            address=found.hex(),
            delete_token=token.hex(),
            delete_hash=address.delete_hash(token).hex(),
            prefix=address.prefix(found).hex(),
            expect="success",
        )


JSON_CASES: dict[str, bytes] = {
    "object": b'{"a":[1,true,null,"x"],"b":{}}',
    "text_unicode": '{"t":"één 👍 \\u0001\\n\\"\\\\/"}'.encode(),
    "integer_largest": b"[9007199254740991]",
    "integer_too_large": b"[9007199254740992]",
    "integer_negative": b"[-1]",
    "integer_minus_zero": b"[-0]",
    "float": b"[1.0]",
    "exponent": b"[1e3]",
    "constant": b"[NaN]",
    "key_duplicate": b'{"a":1,"a":2}',
    "keys_unsorted": b'{"b":1,"a":2}',
    "keys_numeric": b'{"10":1,"9":2}',
    "space": b'{"a": 1}',
    "trailing_line": b"{}\n",
    "escape_needless": b'["\\u0041"]',
    "escape_slash": b'["\\/"]',
    "escape_upper": b'["\\u001F"]',
    "surrogate_lone": b'["\\ud800"]',
    "surrogate_pair_escaped": b'["\\ud83d\\udc4d"]',
    "byte_order_mark": b"\xef\xbb\xbf{}",
    "utf8_invalid": b'["\xff"]',
    "depth_16": b"[" * 16 + b"]" * 16,
    "depth_17": b"[" * 17 + b"]" * 17,
    "deep": b"[" * 20_000 + b"]" * 20_000,
    "empty": b"",
    "delete_character": b'["\x7f"]',
}


def encodings() -> None:
    for name, data in JSON_CASES.items():
        write(f"json/{name}", json=b64(data), expect=outcome(lambda d=data: encoding.parse_json(d)))
    identity = recipient.encode_identity(world.make_random("identity")(32))
    cases = {
        "good": identity,
        "lower": identity.lower(),
        "mixed": identity[:-1] + identity[-1].lower(),
        "checksum_wrong": identity[:-1] + ("Q" if identity[-1] != "Q" else "P"),
        "short": identity[:-1],
        "other_kind": identity.replace("PQ-", "PR-"),
        "kelvin_sign": identity.replace("K", "\u212a", 1),
    }
    for name, text in cases.items():
        write(f"identity/{name}", text=text, expect=outcome(lambda t=text: recipient.decode_identity(t)))
    public = recipient_of(world.make_random("recipient")(32))
    lattice, share = public[: recipient.MLKEM_SIZE], public[recipient.MLKEM_SIZE :]
    publics = {
        "good": public,
        "coefficient_is_modulus": b"\x01\x0d" + lattice[2:] + share,
        "coefficient_last_is_too_large": lattice[:1_151] + b"\xff" + lattice[1_152:] + share,
        "seed_may_be_anything": lattice[:1_152] + b"\xff" * 32 + share,
        "share_zero": lattice + bytes(32),
        "share_low_order_with_high_bit": lattice + b"\x01" + bytes(30) + b"\x80",
        "long": public + b"\x00",
    }
    for name, data in publics.items():
        text = recipient.encode_recipient(data)
        write(f"recipient/{name}", text=text, expect=outcome(lambda t=text: recipient.decode_recipient(t)))
    write("recipient/upper", text=recipient.encode_recipient(public).upper(), expect="malformed")
    for name, text in {
        "good": "A" * 43,
        "trailing_bits": "A" * 42 + "B",
        "padded": "A" * 43 + "=",
        "standard_alphabet": "+" + "A" * 42,
        "short": "A" * 42,
        "line_feed": "A" * 43 + "\n",
    }.items():
        write(f"b64u/{name}", text=text, expect=outcome(lambda t=text: encoding.decode_b64u(t)))


def weeks() -> None:
    for name, now in {
        "year_2020_has_53": 1_609_459_200,
        "sunday_last_second": world.monday() - 1,
        "monday_first_second": world.monday(),
        "grace_last_second": world.monday() + 48 * 3600 - 1,
        "grace_over": world.monday() + 48 * 3600,
        "year_2027_begins": 1_798_761_600,
    }.items():
        number = week.week_number(now)
        fields = {"now": now, "number": number, "week": week.encode_week(number), "day": week.day_of(now)}
        write(f"week/{name}", **fields, grace=week.in_grace(now), expect="success")
    for name, text in {
        "no_week_53": "2026-W53x",
        "2027_has_no_53": "2027-W53",
        "zero": "2026-W00",
        "ancient": "1969-W01",
    }.items():
        write(f"week/{name}", week=text, expect=outcome(lambda t=text: week.decode_week(t)))


def envelopes() -> None:
    box = world.make_mailbox()
    opened = (b'{"hello":"there"}', bytes(range(64)))
    others = [recipient_of(world.make_random(f"other {i}")(32)) for i in range(3)]
    good = world.seal_payload(opened, [box.recipient, *others])
    plain = envelope.pad(*opened)

    def vector(name: str, block: bytes, expect: str, identity: bytes = box.identity, text: bytes = b"") -> None:
        kinds = {"header failure": "malformed", "plaintext failure": "malformed", "no match": "no match"}
        found = outcome(lambda: world.open_with(block, identity))
        assert found == kinds.get(expect, "success" if expect == "success" else "forged"), (name, found)
        fields = {"identity": recipient.encode_identity(identity), "envelope": b64(block), "plaintext": b64(text)}
        write(f"envelope/{name}", **fields, expect=expect)

    def bent(plaintext: bytes) -> bytes:
        fillers = [recipient_of(world.make_random(f"filler {i}")(32)) for i in range(11)]
        return file.encrypt(plaintext, [box.recipient, *fillers], world.make_random("bent"))

    def flipped(offset: int, mask: int = 1) -> bytes:
        return good[:offset] + bytes([good[offset] ^ mask]) + good[offset + 1 :]

    body = envelope.HEADER_SIZE + 16
    vector("good", good, "success", text=plain)
    vector(
        "good_empty",
        world.seal_payload((b"", bytes(64)), [box.recipient]),
        "success",
        text=envelope.pad(b"", bytes(64)),
    )
    full = envelope.pad(b"x" * envelope.PAYLOAD_SIZE, bytes(64))
    vector("good_full", bent(full), "success", text=full)
    vector("identity_other", good, "no match", identity=world.make_random("stranger")(32))
    vector("block_short", good[:-1], "header failure")
    vector("block_long", good + b"\x00", "header failure")
    vector("block_random", world.make_random("filler")(labels.BLOCK_SIZE), "header failure")
    vector("version_other", good.replace(b"/v1\n", b"/v2\n", 1), "header failure")
    vector("stanza_type_other", good.replace(b"mlkem768x25519", b"mlkem768x25518", 1), "header failure")
    vector(
        "stanza_argument_more",
        good.replace(b"-> mlkem768x25519 ", b"-> mlkem768x25519 a ", 1)[: labels.BLOCK_SIZE],
        "header failure",
    )
    vector("mac_flipped", flipped(18_711), "HMAC failure")
    vector("nonce_flipped", flipped(envelope.HEADER_SIZE), "payload failure")
    vector("body_flipped", flipped(body), "payload failure")
    vector("tag_flipped", flipped(labels.BLOCK_SIZE - 1), "payload failure")
    vector("stanzas_eleven", eleven(box.recipient, plain), "header failure")
    vector("share_low_order", low_order(good), "header failure")
    vector("padding_not_zero", bent(plain[:-1] + b"\x01"), "plaintext failure")
    vector("length_too_large", bent((envelope.PAYLOAD_SIZE + 1).to_bytes(4, "big") + plain[4:]), "plaintext failure")
    vector("length_huge", bent(b"\xff" * 4 + plain[4:]), "plaintext failure")


def eleven(recipient: bytes, plain: bytes) -> bytes:
    fillers = [recipient_of(world.make_random(f"filler {i}")(32)) for i in range(10)]
    block = file.encrypt(plain + bytes(1_557), [recipient, *fillers], world.make_random("eleven"))
    assert len(block) == labels.BLOCK_SIZE
    return block


def low_order(good: bytes) -> bytes:
    start = 22 + len(b"-> mlkem768x25519 ")
    enc = base64.b64decode(good[start : start + 1_494] + b"==")
    bad = base64.b64encode(enc[:-32] + (1).to_bytes(32, "little")).rstrip(b"=")
    return good[:start] + bad + good[start + 1_494 :]


def flips() -> None:
    """One letter for each header byte, its lowest bit flipped, and 10,000 flips of any bit anywhere in the block."""
    identity = world.make_random("flips")(32)
    fillers = [recipient_of(world.make_random(f"flip {i}")(32)) for i in range(11)]
    plain = envelope.pad(b"{}", bytes(64))
    block = file.encrypt(plain, [recipient_of(identity), *fillers], world.make_random("flipped"))

    def letter(offset: int, mask: int) -> str:
        changed = block[:offset] + bytes([block[offset] ^ mask]) + block[offset + 1 :]
        return {"malformed": "M", "no match": "N", "forged": "F"}[outcome(lambda: world.open_with(changed, identity))]

    random = world.make_random("offsets")
    others = []
    for _ in range(10_000):
        offset, bit = int.from_bytes(random(2), "big"), random(1)[0] & 7
        others.append([offset, 1 << bit, letter(offset, 1 << bit)])
    header = "".join(letter(offset, 1) for offset in range(envelope.HEADER_SIZE))
    path = HERE / "flips" / "block.json"
    path.parent.mkdir(exist_ok=True)
    fields = {
        "identity": recipient.encode_identity(identity),
        "envelope": b64(block),
        "header": header,
        "others": others,
    }
    path.write_text(json.dumps(fields, separators=(",", ":"), sort_keys=True) + "\n")


def attachments() -> None:
    """Chunks of a file: two pieces, whose number Padmé leaves as it is, and what must be refused."""
    random = world.make_random("attachment")
    key, content = random(32), random(attachment.CHUNK_SIZE + 100)
    keys = attachment.derive_keys(key)
    first, second = content[: attachment.CHUNK_SIZE], content[attachment.CHUNK_SIZE :]
    good = attachment.encrypt_chunk(keys, 0, first, last=False)
    end = attachment.encrypt_chunk(keys, 1, second, last=True)
    filled = attachment.encrypt_chunk(keys, 1, second.ljust(attachment.CHUNK_SIZE - 1, b"\x00") + b"\x01", last=True)
    combined = attachment.combine_digests([encoding.digest(good), encoding.digest(end)])

    def vector(name: str, expect: str, index: int, block: bytes, piece: bytes, *, last: bool) -> None:
        found = outcome(lambda: attachment.decrypt_chunk(keys, index, block, len(piece), last=last))
        assert found == expect, (name, found)
        write(
            f"attachment/{name}",
            key=key.hex(),
            size=len(piece),
            index=index,
            last=last,
            block=b64(block),
            piece_hash=encoding.digest(piece).hex(),
            address=attachment.chunk_address(keys, index).hex(),
            expect=expect,
        )

    vector("first", "success", 0, good, first, last=False)
    vector("last", "success", 1, end, second, last=True)
    vector("empty", "success", 0, attachment.encrypt_chunk(keys, 0, b"", last=True), b"", last=True)
    vector("moved", "forged", 1, good, first, last=False)
    vector("cut_off", "forged", 0, good, first, last=True)
    vector("goes_on", "forged", 1, end, second, last=False)
    vector("flipped", "forged", 0, bytes([good[0] ^ 1]) + good[1:], first, last=False)
    vector("tag_flipped", "forged", 0, good[:-1] + bytes([good[-1] ^ 1]), first, last=False)
    vector("filler", "forged", 0, random(labels.BLOCK_SIZE), first, last=False)
    vector("short", "malformed", 0, good[:-1], first, last=False)
    vector("fill_not_zero", "malformed", 1, filled, second, last=True)
    sizes = [0, 1, 65_519, 65_520, 65_521, 131_041, 524_161, 5_000_000, attachment.FILE_SIZE]
    write(
        "chunks/counts",
        counts=[[n, attachment.count_chunks(n)] for n in sizes],
        digests=[encoding.digest(block).hex() for block in (good, end)],
        digest=combined.hex(),
        expect="success",
    )


def payloads() -> None:
    team, box = world.make_team(), world.make_mailbox()
    written = world.write_message(box, team)
    data = payload.serialize(written)
    message = conversation.authenticate_message(
        (data, world.sign_payload(written, labels.SIGN_MAILBOX, box.signing)[1]), "proef", written.address
    )
    answer = world.write_reply(team.counsellors[0], team, [message])
    reply = payload.serialize(answer)
    fields, reply_fields = json.loads(data), json.loads(reply)
    attached = fields["body"]["attachments"][0]

    eleven_attachments = [{**attached, "key": encoding.encode_b64u(bytes([i]) * 32)} for i in range(11)]

    def attaching(*entries: Any) -> bytes:
        return changed(body={**fields["body"], "attachments": list(entries)})

    def changed(**changes: Any) -> bytes:
        return encoding.serialize_json({**fields, **changes})

    def saying(**changes: Any) -> bytes:
        return encoding.serialize_json({**reply_fields, "body": {**reply_fields["body"], **changes}})

    shared = {"conversation": encoding.encode_b64u(world.make_mailbox("family").conversation), "scope": "replies"}
    original = {"by": "team", "original": encoding.encode_b64u(message.id), "written_on": "2026-11-19"}
    copied = {k: v for k, v in reply_fields["body"].items() if k not in {"summary", "track"}} | original
    proposed = {"action": "handover", "recipient": "Politie", "text": "Wat er gebeurde.", "until": "2026-12-18"}
    statement = {
        "action": "handover",
        "hash": encoding.encode_b64u(encoding.digest(proposed["text"].encode())),
        "organisation": "proef",
        "recipient": "Politie",
        "until": "2026-12-18",
        "verifying_key": encoding.encode_b64u(box.verifying),
    }
    signed = sign(labels.SIGN_CONSENT, encoding.serialize_json(statement), box.signing)
    agreed = {
        "proposal": encoding.encode_b64u(message.id),
        "signature": encoding.encode_b64u(signed),
        "statement": statement,
        "text": None,
    }
    refused = {**agreed, "signature": None, "statement": None}

    def granting(**changes: Any) -> bytes:
        return changed(type="share", body={**shared, "index": 3, **changes})

    def consenting(**changes: Any) -> bytes:
        return changed(type="consent", body={**agreed, **changes})

    def telling(kind: str, fields: dict[str, Any]) -> bytes:
        return encoding.serialize_json({**reply_fields, "type": kind, "body": fields})

    cases = {
        "message_good": data,
        **{f"share_{scope}_good": granting(scope=scope) for scope in body.SCOPES},
        "share_scope_unknown": granting(scope="everything"),
        "share_scope_list": granting(scope=["replies"]),
        "share_index_256": granting(index=256),
        "share_without_index": changed(type="share", body=shared),
        "share_conversation_short": granting(conversation="AAAA"),
        "share_by_workstation": telling("share", {**shared, "index": 3}),
        "shared_good": telling("shared", shared),
        "shared_with_index": telling("shared", {**shared, "index": 3}),
        "shared_by_mailbox": changed(type="shared", body=shared),
        "copy_of_team_good": telling("copy", copied),
        "copy_of_mailbox_good": telling("copy", {**copied, "by": "mailbox"}),
        "copy_by_nobody": telling("copy", {**copied, "by": "family"}),
        "copy_with_summary": telling("copy", {**copied, "summary": None}),
        "copy_original_short": telling("copy", {**copied, "original": "AAAA"}),
        "copy_day_impossible": telling("copy", {**copied, "written_on": "2026-02-30"}),
        "copy_by_mailbox": changed(type="copy", body=copied),
        "proposal_good": telling("proposal", proposed),
        "proposal_of_16384_good": telling("proposal", {**proposed, "text": "é" * 8_192}),
        "proposal_of_16385": telling("proposal", {**proposed, "text": "é" * 8_192 + "x"}),
        "proposal_empty": telling("proposal", {**proposed, "text": ""}),
        "proposal_recipient_of_two_lines": telling("proposal", {**proposed, "recipient": "a\nb"}),
        "proposal_action_unknown": telling("proposal", {**proposed, "action": "publish"}),
        "proposal_until_never": telling("proposal", {**proposed, "until": None}),
        "proposal_by_mailbox": changed(type="proposal", body=proposed),
        "consent_good": consenting(),
        "consent_changed_good": consenting(text="Wat er gebeurde, korter."),
        "consent_refused_good": changed(type="consent", body=refused),
        "consent_refused_with_text": changed(type="consent", body={**refused, "text": "Nee."}),
        "consent_without_signature": consenting(signature=None),
        "consent_without_statement": consenting(statement=None),
        "consent_signature_short": consenting(signature="AAAA"),
        "consent_statement_extra": consenting(statement={**statement, "extra": 1}),
        "consent_text_empty": consenting(text=""),
        "consent_by_workstation": telling("consent", agreed),
        "reply_good": reply,
        **{f"{k}_good": payload.serialize(replace(written, kind=k, body=body.Body())) for k in ("allow", "withdraw")},
        "destroyed_good": payload.serialize(replace(answer, kind="destroyed", body=body.Body())),
        "withdraw_with_text": changed(type="withdraw", body={"text": ""}),
        "withdraw_by_workstation": encoding.serialize_json({**reply_fields, "type": "withdraw", "body": {}}),
        "destroyed_by_mailbox": changed(type="destroyed", body={}),
        "message_continues_good": changed(body={**fields["body"], "continues": True}),
        "message_continues_number": changed(body={**fields["body"], "continues": 1}),
        "message_with_gist": changed(body={**fields["body"], "gist": ""}),
        "reply_continues_good": saying(continues=True),
        "reply_continues_null": saying(continues=None),
        "reply_without_continues": encoding.serialize_json(without(reply_fields, "continues")),
        "reply_without_summary": encoding.serialize_json(without(reply_fields, "summary")),
        "reply_with_answers": saying(answers={}),
        "reply_bare_good": saying(gist="", summary=None, track=None, next=None),
        "gist_of_1024_good": saying(gist="é" * 512),
        "gist_of_1025": saying(gist="é" * 512 + "x"),
        "gist_null": saying(gist=None),
        "gist_control_character": saying(gist="a\x07b"),
        "summary_of_8192_good": saying(summary="\n" * 8_192),
        "summary_of_8194": saying(summary="é" * 4_097),
        "summary_empty": saying(summary=""),
        "summary_control_character": saying(summary="a\tb"),
        "track_aftercare_good": saying(track="aftercare"),
        "track_unknown": saying(track="forever"),
        "track_empty": saying(track=""),
        "track_list": saying(track=["series"]),
        "next_impossible": saying(next="2026-02-30"),
        "next_with_time": saying(next="2026-11-26T12:00"),
        "next_empty": saying(next=""),
        "version_unknown": changed(version=2),
        "type_unknown": changed(type="poem"),
        "type_list": changed(type=["message"]),
        "key_missing": encoding.serialize_json({k: v for k, v in fields.items() if k != "seen"}),
        "key_extra": changed(extra=1),
        "number_256": changed(number=256),
        "number_text": changed(number="0"),
        "number_true": changed(number=True),
        "day_impossible": changed(day="2026-02-30"),
        "day_with_time": changed(day="2026-11-18T12:00"),
        "organisation_upper": changed(organisation="Proef"),
        "address_short": changed(address="AAAA"),
        "seen_negative": changed(seen={fields["author"]: -1}),
        "mailbox_other_kind": changed(mailbox="age1" + "q" * 58),
        "sealed_unknown": changed(sealed={fields["author"]: "maybe"}),
        "allow_empty": changed(allow={**fields["allow"], "persons": []}),
        "allow_unsorted": changed(allow={**fields["allow"], "persons": ["bram", "anna"]}),
        "allow_twice": changed(allow={**fields["allow"], "persons": ["anna", "anna"]}),
        "allow_first_with_previous": changed(allow={**fields["allow"], "previous": fields["address"]}),
        "text_control_character": changed(body={**fields["body"], "text": "a\x07b"}),
        "text_c1_character": changed(body={**fields["body"], "text": "a\x85b"}),
        "text_bidi_is_text": changed(body={**fields["body"], "text": "\u202eabc"}),
        "answers_list": changed(body={**fields["body"], "answers": []}),
        "choice_upper": changed(body={**fields["body"], "answers": {"a": ["B"]}}),
        "attachments_none_good": attaching(),
        "attachments_eleven": attaching(*eleven_attachments),
        "attachment_twice": attaching(attached, attached),
        "attachment_key_short": attaching({**attached, "key": "AAAA"}),
        "attachment_without_digest": attaching({k: v for k, v in attached.items() if k != "digest"}),
        "attachment_too_large": attaching({**attached, "size": attachment.FILE_SIZE + 1}),
        "attachment_name_empty": attaching({**attached, "name": ""}),
        "attachment_name_of_81": attaching({**attached, "name": "x" * 81}),
        "attachment_name_of_two_lines": attaching({**attached, "name": "a\nb"}),
        "attachment_in_allow": changed(type="allow", body={"attachments": []}),
        "not_an_object": b"[]",
    }
    for name, raw in cases.items():
        expect = outcome(lambda d=raw: payload.parse(d))
        assert (expect == "success") == (name.endswith(("_good", "_is_text"))), (name, expect)
        write(f"payload/{name}", payload=b64(raw), message_id=payload.message_id(raw).hex(), expect=expect)


def consents() -> None:
    """Write what may leave, and what must not: consent to exactly this text, for this recipient, until this day."""
    box, other = world.make_mailbox(), world.make_mailbox("another")
    proposal = consent.Proposal("handover", "Politie", "Wat er gebeurde. Café.", "2026-12-18")

    def case(
        name: str,
        expect: str,
        day: str = "2026-12-18",
        text: str | None = None,
        key: bytes = box.signing,
        tag: bytes = labels.SIGN_CONSENT,
        given: consent.Proposal = proposal,
        **changes: Any,
    ) -> None:
        statement = replace(consent.state(proposal, changes.pop("signed", text), "proef", box.verifying), **changes)
        signature = sign(tag, consent.serialize_statement(statement), key)
        answer = consent.Consent(bytes(32), text, statement, signature)
        found = outcome(lambda: consent.check_consent(answer, given, "proef", box.verifying, day))
        assert found == expect, (name, found)
        write(
            f"consent/{name}",
            proposal={"recipient": given.recipient, "text": given.text, "until": given.until},
            text=text,
            statement=consent.serialize_statement(statement).decode(),
            signature=signature.hex(),
            organisation="proef",
            verifying_key=box.verifying.hex(),
            day=day,
            expect=expect,
        )

    case("good", "success")
    case("changed_good", "success", text="Korter.")
    case("a_day_late", "forged", day="2026-12-19")
    case("text_altered_by_the_desk", "forged", given=replace(proposal, text="Wat er gebeurde. Cafe."))
    case("text_altered_after_signing", "forged", text="Langer.", signed="Korter.")
    case("other_recipient", "forged", given=replace(proposal, recipient="Gemeente"))
    case("longer_term", "forged", given=replace(proposal, until="2027-12-18"))
    case(
        "term_stretched_by_the_desk",
        "forged",
        given=replace(proposal, until="2027-12-18"),
        until="2027-12-18",
        key=other.signing,
    )
    case("signed_by_another_mailbox", "forged", key=other.signing)
    case("for_another_mailbox", "forged", verifying_key=other.verifying, key=other.signing)
    case("from_another_organisation", "forged", organisation="anders")
    case("signed_as_a_message", "forged", tag=labels.SIGN_MAILBOX)


def sharings() -> None:
    """Write what a family conversation is given, from the mailbox's messages in any order."""
    team, box = world.make_team(), world.make_mailbox()
    families = [world.make_mailbox(name).conversation for name in ("partner", "child")]

    def share(number: int, family: int, scope: body.Scope, index: int = 0) -> conversation.Message:
        said = body.Body(share=body.Share(families[family], scope, index))
        written = world.write_message(box, team)
        written = replace(written, kind="share", number=number, body=said, previous=None if number == 0 else bytes(32))
        data = payload.serialize(written)
        return conversation.Message(payload.message_id(data), payload.parse(data), data, bytes(64))

    scenes = {
        "nothing": [],
        "one": [share(1, 0, "replies")],
        "widened": [share(1, 0, "replies"), share(3, 0, "questions")],
        "stopped_and_late": [share(4, 0, "none"), share(1, 0, "conversation")],
        "two": [share(1, 0, "replies"), share(2, 1, "conversation", 3), share(5, 0, "none")],
        "begun_again": [share(1, 0, "replies"), share(2, 0, "none"), share(6, 0, "conversation")],
    }
    for name, messages in scenes.items():
        found = sharing.list_sharings(messages)
        write(
            f"sharing/{name}",
            payloads=[b64(message.data) for message in messages],
            families=[family.hex() for family in families],
            sharings={f.hex(): [s.scope, s.index, s.since] for f, s in found.items()},
            scopes=[[sharing.scope_at(messages, f, number) for number in range(8)] for f in families],
            covered=[
                [sharing.covers(s, "team"), sharing.covers(s, "mailbox"), sharing.may_ask(s)] for s in body.SCOPES
            ],
            expect="success",
        )


def without(fields: dict[str, Any], key: str) -> dict[str, Any]:
    return {**fields, "body": {k: v for k, v in fields["body"].items() if k != key}}


def messages() -> None:
    """Attacks on authorship: what a browser and a desk must refuse."""
    team, box, other = world.make_team(), world.make_mailbox(), world.make_mailbox("another")
    anna, bram = team.counsellors[0], team.counsellors[1]
    written = world.write_message(box, team)
    own = world.sign_payload(written, labels.SIGN_MAILBOX, box.signing)
    message = conversation.authenticate_message(own, "proef", written.address)
    common = {"organisation": "proef", "mailbox_secret": "reporter"}

    def own_case(name: str, expect: str, opened: tuple[bytes, bytes], at: bytes = written.address) -> None:
        found = outcome(lambda: conversation.authenticate_message(opened, "proef", at))
        assert found == expect, (name, found)
        write(
            f"message/{name}",
            payload=b64(opened[0]),
            signature=b64(opened[1]),
            address=at.hex(),
            expect=expect,
            **common,
        )

    def by(key: bytes, tag: bytes = labels.SIGN_MAILBOX, **changes: Any) -> tuple[bytes, bytes]:
        return world.sign_payload(replace(written, **changes), tag, key)

    own_case("good", "success", own)
    own_case("good_withdraw", "success", by(box.signing, kind="withdraw", body=body.Body()))
    own_case("withdraw_signed_by_counsellor", "forged", by(anna.signing, kind="withdraw", body=body.Body()))
    own_case(
        "withdraw_signed_with_workstation_tag",
        "forged",
        by(box.signing, labels.SIGN_WORKSTATION, kind="withdraw", body=body.Body()),
    )
    own_case("withdraw_by_another_mailbox", "forged", by(other.signing, kind="withdraw", body=body.Body()))
    own_case("text_changed", "forged", (own[0].replace(b"Hallo", b"Hullo"), own[1]))
    own_case("signature_flipped", "forged", (own[0], bytes([own[1][0] ^ 1]) + own[1][1:]))
    own_case("signed_by_counsellor_in_reporters_name", "forged", by(anna.signing))
    own_case("signed_with_workstation_tag", "forged", by(box.signing, labels.SIGN_WORKSTATION))
    own_case("moved_to_another_address", "forged", own, at=other.conversation)
    own_case("from_another_organisation", "forged", by(box.signing, organisation="anders"))
    own_case("author_is_workstation", "forged", by(box.signing, author=anna.id))
    own_case("moved_to_another_conversation", "forged", by(box.signing, conversation=other.conversation))
    own_case(
        "reply_as_message",
        "forged",
        world.sign_payload(world.write_reply(anna, team, [message]), labels.SIGN_WORKSTATION, anna.signing),
    )

    answer = world.write_reply(anna, team, [message])
    secret = world.make_random("reporter")(11)
    reply_common = {
        "keyset": team.served().decode(),
        "organisation": "proef",
        "root_key": encoding.encode_b64u(team.pins.root_key),
        "now": world.NOW,
        "secret": (bytes([secret[0] & 15]) + secret[1:]).hex(),
    }

    def reply_case(
        name: str,
        expect: str,
        opened: tuple[bytes, bytes],
        number: int = 0,
        persons: tuple[str, ...] = ("anna", "bram", "chris"),
        author: bytes = anna.id,
    ) -> None:
        slot = (author, number)
        found = outcome(lambda: conversation.authenticate_reply(opened, team.roster, box, slot, persons))
        assert found == expect, (name, found)
        fields = {"payload": b64(opened[0]), "signature": b64(opened[1]), "author": author.hex(), "number": number}
        write(f"reply/{name}", **fields, persons=list(persons), expect=expect, **reply_common)

    def reply_by(key: bytes, tag: bytes = labels.SIGN_WORKSTATION, **changes: Any) -> tuple[bytes, bytes]:
        return world.sign_payload(replace(answer, **changes), tag, key)

    stranger = world.make_counsellor("anna", world.make_random("stranger"))
    stranger_address = address.derive_address(box.reply_address_key, stranger.id, 0)
    person = anna.workstation.person
    rest = tuple(p for p in ("anna", "bram", "chris") if p != person)
    reply_case("good", "success", reply_by(anna.signing))
    reply_case("good_destroyed", "success", reply_by(anna.signing, kind="destroyed", body=body.Body()))
    reply_case("destroyed_by_colleague", "forged", reply_by(bram.signing, kind="destroyed", body=body.Body()))
    reply_case("good_from_former_list", "success", reply_by(anna.signing), persons=(person,))
    reply_case(
        "signed_outside_the_roster",
        "forged",
        reply_by(stranger.signing, author=stranger.id, address=stranger_address),
        author=stranger.id,
    )
    reply_case("signed_by_colleague", "forged", reply_by(bram.signing))
    reply_case("signed_with_mailbox_tag", "forged", reply_by(anna.signing, labels.SIGN_MAILBOX))
    reply_case("by_an_excluded_person", "forged", reply_by(anna.signing), persons=rest)
    reply_case("replayed_under_another_number", "forged", reply_by(anna.signing), number=1)
    reply_case("under_another_address", "forged", reply_by(anna.signing, address=bytes(32)))
    reply_case("to_another_conversation", "forged", reply_by(anna.signing, conversation=other.conversation))
    reply_case("to_another_mailbox", "forged", reply_by(anna.signing, mailbox=other.recipient))
    reply_case("from_another_organisation", "forged", reply_by(anna.signing, organisation="anders"))
    reply_case("message_as_reply", "forged", own)


def keysets() -> None:
    """Attacks on who the counsellors are: what a browser and a desk must refuse, and with which reason."""
    team = world.make_team()
    anna, bram, chris = team.counsellors
    second, second_document = team.next_roster()

    def case(name: str, expect: str, served: bytes, now: int = world.NOW, minimum: int = 1, pins: Any = None) -> None:
        pins = replace(pins or team.pins, minimum_roster_version=minimum)
        try:
            chosen = keyset.verify(served, pins, now).cards
            found, absent = "success", sorted(w.hex() for w, c in chosen.items() if c is None)
        except ForgedError as error:
            found, absent = getattr(error, "reason", "forged"), []
        except MalformedError:
            found, absent = "malformed", []
        assert found == expect, (name, found)
        fields = {"organisation": pins.organisation, "root_key": encoding.encode_b64u(pins.root_key)}
        write(
            f"keyset/{name}",
            **fields,
            minimum_roster_version=minimum,
            keyset=served.decode(),
            now=now,
            absent=absent,
            expect=expect,
        )

    def without(documents: tuple[Document, ...], *gone: Document) -> tuple[Document, ...]:
        return tuple(d for d in documents if d not in gone)

    forged = Document(team.roster_document.payload_type, team.roster_document.payload, bytes(64))
    stranger = world.make_team("stranger")
    this_week = {c.id: next(d for d in team.cards if d == c.card(world.WEEK)) for c in team.counsellors}
    other_card = anna.card(world.WEEK, identity=world.make_random("second card")(32))
    removed, removed_document = team.next_roster(workstations=tuple(c.workstation for c in (bram, chris)))
    few_cards = without(team.cards, this_week[anna.id])
    few = tuple(c.freshness(team.roster, few_cards) for c in team.counsellors)
    last_cards = (*few_cards, anna.card(world.WEEK - 1))
    retired, retired_document = team.next_roster(
        workstations=tuple(
            replace(c.workstation, retired_on="2026-11-17" if c is anna else None) for c in team.counsellors
        )
    )
    retired_cards = tuple(d for c in (bram, chris) for d in (c.card(world.WEEK), c.card(world.WEEK + 1)))

    case("good", "success", team.served())
    case("good_next_week", "success", team.served(), now=world.monday(1) + 3600)
    case("good_one_absent", "success", team.served(cards=few_cards, statements=few))
    case(
        "good_one_retired",
        "success",
        team.served(retired_document, retired_cards, tuple(c.freshness(retired, retired_cards) for c in (bram, chris))),
    )
    case(
        "card_of_last_week_in_grace",
        "success",
        team.served(cards=last_cards, statements=few),
        now=world.monday() + 3600,
    )
    case("card_of_last_week_after_grace", "success", team.served(cards=last_cards, statements=few))
    case("roster_signature_wrong", "signature", team.served(forged))
    case("roster_of_another_root", "signature", stranger.served())
    case(
        "roster_of_another_organisation", "organisation", team.served(), pins=replace(team.pins, organisation="anders")
    )
    case(
        "roster_type_swapped",
        "signature",
        team.served(sign_document(labels.TYPE_CARD, team.roster_document.payload, team.root)),
    )
    case("roster_below_minimum", "rollback", team.served(), minimum=2)
    case("roster_expired", "expired", team.served(), now=world.NOW + 90 * 24 * 3600)
    case(
        "roster_rolled_back",
        "rollback",
        team.served(statements=(*team.freshness[:2], chris.freshness(second, team.cards))),
    )
    case(
        "roster_forked",
        "conflict",
        team.served(
            statements=(
                *team.freshness[:2],
                chris.freshness(world.sign_roster(replace(team.roster, threshold=1), team.root)[0], team.cards),
            )
        ),
    )
    case("roster_frozen", "frozen", team.served(), now=world.monday(2))
    case("freshness_by_one_person", "frozen", team.served(statements=team.freshness[:1]))
    case("freshness_by_one_person_twice", "frozen", team.served(statements=(team.freshness[0], team.freshness[0])))
    case(
        "freshness_by_a_stranger",
        "frozen",
        team.served(statements=(team.freshness[0], stranger.counsellors[0].freshness(team.roster, team.cards))),
    )
    case(
        "freshness_by_a_removed_one",
        "frozen",
        team.served(
            removed_document,
            retired_cards,
            (bram.freshness(removed, retired_cards), anna.freshness(removed, retired_cards)),
        ),
    )
    case("freshness_from_the_future", "frozen", team.served(), now=world.monday(-1) + 3600)
    case("freshness_absent", "frozen", team.served(statements=()))
    case("card_missing", "missing", team.served(cards=few_cards))
    case("card_of_another", "conflict", team.served(cards=(*few_cards, other_card)))
    case("cards_two_for_one_week", "conflict", team.served(cards=(*team.cards, other_card)))
    case("card_twice_the_same", "success", team.served(cards=(*team.cards, team.cards[0])))
    case("card_by_a_stranger", "signature", team.served(cards=(*team.cards, stranger.counsellors[0].card(world.WEEK))))
    case(
        "card_of_another_organisation",
        "organisation",
        team.served(cards=(*team.cards, anna.card(world.WEEK + 2, organisation="anders"))),
    )
    case(
        "cards_expired",
        "nobody",
        team.served(
            cards=tuple(c.card(world.WEEK - 2) for c in team.counsellors),
            statements=tuple(c.freshness(team.roster, ()) for c in team.counsellors),
        ),
    )
    case("workstation_twice", "malformed", twice(team))
    case("not_json", "malformed", b"<html>")
    case("key_missing", "malformed", b'{"cards":[],"freshness":[]}')
    write(
        "fingerprint/roster",
        root_key=encoding.encode_b64u(team.pins.root_key),
        roster=b64(team.roster_document.payload),
        digits=fingerprint(team),
        second=second.version,
        second_document=serialize_document(second_document).decode(),
        expect="success",
    )


def twice(team: world.Team) -> bytes:
    listed = replace(team.roster, workstations=(*team.roster.workstations, team.roster.workstations[-1]))
    return team.served(world.sign_roster(listed, team.root)[1])


def fingerprint(team: world.Team) -> list[int]:
    words = [f"{i:04d}" for i in range(code.LIST_SIZE)]
    return [int(word) for word in keyset.fingerprint(team.pins.root_key, team.roster_document.payload, words)]


def documents() -> None:
    good = world.make_team().roster_document
    text = serialize_document(good).decode()
    fields = json.loads(text)
    signature = fields["signatures"][0]
    cases = {
        "good": text,
        "signature_none": encoding.serialize_json({**fields, "signatures": []}).decode(),
        "signatures_two": encoding.serialize_json({**fields, "signatures": [signature, signature]}).decode(),
        "signature_short": encoding.serialize_json({**fields, "signatures": [{**signature, "sig": "AAAA"}]}).decode(),
        "payload_not_base64": encoding.serialize_json({**fields, "payload": "*"}).decode(),
        "type_number": encoding.serialize_json({**fields, "payloadType": 1}).decode(),
        "spaced": json.dumps(fields),
    }
    for name, document in cases.items():
        write(f"document/{name}", document=document, expect=outcome(lambda d=document: parse_document(d.encode())))


def visits() -> None:
    authors = [world.make_random(f"author {i}")(32) for i in range(4)]
    own, key = world.make_random("own")(32), world.make_random("key")(32)
    written = [(authors[0], (0, 1, 7)), (authors[1], (0,)), (authors[2], (0, 1)), (authors[3], (0, 255))]
    for name, waiting, seen in (
        ("none", [], 0),
        ("one", written[1:2], 0),
        ("four", written, 3),
        ("last_seen", written[:1], 255),
    ):
        entries = [address.prefix(address.derive_address(key, a, n)) for a, numbers in waiting for n in numbers]
        dummies = [world.make_random(f"dummy {i}")(4) for i in range(20)]
        index = b"".join(sorted(entries + dummies))
        listed = visit.match_index(index, key, authors)
        first = visit.plan_first(own, listed)
        second = visit.plan_second(own, seen, listed, first)
        write(
            f"visit/{name}",
            index=b64(index),
            reply_address_key=key.hex(),
            authors=[a.hex() for a in authors],
            own=own.hex(),
            seen=seen,
            listed={a.hex(): numbers for a, numbers in listed.items()},
            first=[[a.hex(), n] for a, n in first],
            second=[[a.hex(), n] for a, n in second],
            next=[[a.hex(), n] for a, n in visit.plan_next(listed, [*first, *second])],
            more=[[a.hex(), n] for a, n in visit.plan_more(own, seen, listed, [*first, *second])],
            expect="success",
        )


def threads() -> None:
    """Who is sealed to, and in which order a thread is shown."""
    team, box = world.make_team(), world.make_mailbox()
    for name, persons, successor in (
        ("everybody", ("anna", "bram", "chris"), None),
        ("one_excluded", ("anna", "chris"), None),
        ("gone_with_successor", ("dora",), "bram"),
        ("gone_without_successor", ("dora",), None),
        ("gone_in_part", ("anna", "dora"), "bram"),
    ):
        allow = conversation.first_allow(persons, successor)
        found = outcome(lambda a=allow: conversation.choose_sealed(team.keyset, a))
        sealed = conversation.choose_sealed(team.keyset, allow) if found == "success" else {}
        states = {w.hex(): s if isinstance(s, str) else s.hex() for w, s in sealed.items()}
        fields = {
            "keyset": team.served().decode(),
            "root_key": encoding.encode_b64u(team.pins.root_key),
            "now": world.NOW,
        }
        write(
            f"sealed/{name}",
            persons=list(persons),
            successor=successor,
            sealed=states,
            expect=found,
            organisation="proef",
            **fields,
        )
    anna, bram = team.counsellors[:2]
    first = world.write_message(box, team)
    later = replace(first, number=1, day="2026-11-20", seen={anna.id: 0})
    opened = [world.sign_payload(p, labels.SIGN_MAILBOX, box.signing) for p in (first, later)]
    own = [conversation.Message(payload.message_id(d), payload.parse(d), d, s) for d, s in opened]
    answers = [world.write_reply(anna, team, own[:1]), world.write_reply(bram, team, own, day="2026-11-17")]
    replies = [
        conversation.Message(payload.message_id(d), payload.parse(d), d, s)
        for d, s in (
            world.sign_payload(a, labels.SIGN_WORKSTATION, k.signing)
            for a, k in zip(answers, (anna, bram), strict=True)
        )
    ]
    shown = conversation.order([*replies, *own])
    given = [replies[1], own[1], replies[0], own[0]]
    write("thread/order", payloads=[b64(m.data) for m in given], order=[m.id.hex() for m in shown], expect="success")


def splits() -> None:
    """Where a text is cut. Texts are given as [part, times], pieces as [bytes of UTF-8, SHA-256]."""
    full = letter.PIECE_SIZE
    cases: dict[str, list[tuple[str, int]]] = {
        "empty": [],
        "short": [("Hallo", 1)],
        "exactly_one": [("a", full)],
        "one_too_many": [("a", full + 1)],
        "two_bytes_at_the_edge": [("a", full - 1), ("é", 2)],
        "four_bytes_at_the_edge": [("a", full - 3), ("👍", 2)],
        "joiner_is_a_code_point": [("a", full - 4), ("👩\u200d🚒", 1)],
        "escaped_at_the_edge": [("a", full - 1), ('"', 2)],
        "escapes": [('"\\\n', 10_000)],
        "separators_are_not_escaped": [("\u2028\u2029", 5_000)],
        "sixteen": [("a", 16 * full)],
        "sixteen_that_waste_a_byte": [("a", 1), ("é", 8 * full - 16), ("a", 1)],
        "seventeen": [("a", 16 * full + 1)],
    }
    for name, parts in cases.items():
        text = "".join(part * times for part, times in parts)
        expect = outcome(lambda t=text: letter.split_text(t))
        assert expect == ("malformed" if name == "seventeen" else "success"), name
        pieces = letter.split_text(text) if expect == "success" else []
        assert not pieces or "".join(pieces) == text
        shown = [[len(p.encode()), encoding.digest(p.encode()).hex()] for p in pieces]
        write(f"split/{name}", text=[list(part) for part in parts], pieces=shown, expect=expect)


def joins() -> None:
    """Messages in the order of a thread, and the letters they form."""
    team, box = world.make_team(), world.make_mailbox()
    anna, bram = team.counsellors[:2]

    def chain(first: payload.Payload, author: str, *texts: str, kind: payload.Kind | None = None) -> list[Any]:
        made: list[conversation.Message] = []
        for number, text in enumerate(texts):
            last = number == len(texts) - 1
            said = replace(first.body, text=text, continues=not last or text.endswith("…"))
            said = said if number == 0 else body.Body(text, continues=said.continues)
            changes = {"number": first.number + number, "body": said}
            previous = made[-1].id if made else first.previous
            written = replace(first, **changes, previous=previous)
            written = replace(written, kind=kind) if kind and number else written
            data = payload.serialize(written)
            made.append(conversation.Message(payload.message_id(data), payload.parse(data), data, author.encode()))
        return made

    report = world.write_message(box, team)
    one = chain(report, "reporter", "Eén. ", "Twee. ", "Drie.")
    later = chain(replace(report, number=3, previous=one[-1].id), "reporter", "Nog iets.")
    unfinished = chain(report, "reporter", "Eén. ", "Twee…")
    twin = chain(replace(report, number=4), "reporter", "Zelfde.")
    answer = world.write_reply(anna, team, one)
    replies = chain(answer, "anna", "Antwoord één. ", "Antwoord twee.")
    other = world.write_reply(bram, team, one, previous=one[0].id)
    intruder = chain(other, "bram", "Ik volg u op.")
    other_kind = chain(report, "reporter", "Eén. ", "", kind="allow")
    forked = chain(replace(report, number=2, previous=one[0].id), "reporter", "Anders.")
    cases = {
        "single": twin,
        "three_pieces": one,
        "then_another": [*one, *later],
        "middle_missing": [one[0], one[2]],
        "last_missing": one[:2],
        "first_missing": one[1:],
        "still_going_on": unfinished,
        "interleaved": [one[0], replies[0], one[1], replies[1], one[2]],
        "by_another_author": [one[0], intruder[0], one[1], one[2]],
        "of_another_type": other_kind,
        "two_that_follow": [one[0], one[1], forked[0], one[2]],
        "backwards": one[::-1],
        "empty": [],
    }
    for name, given in cases.items():
        letters = letter.join_letters(given)
        shown = [{"messages": [m.id.hex() for m in x.messages], "text": x.text, "whole": x.whole} for x in letters]
        write(f"join/{name}", payloads=[b64(m.data) for m in given], letters=shown, expect="success")


SUBJECTS = (
    codes,
    mailboxes,
    addresses,
    encodings,
    weeks,
    envelopes,
    attachments,
    payloads,
    messages,
    keysets,
    documents,
    visits,
    threads,
    splits,
    joins,
    consents,
    sharings,
    flips,
)


def main() -> None:
    for folder in HERE.iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            shutil.rmtree(folder)
    for subject in SUBJECTS:
        subject()
        sys.stdout.write(f"{subject.__name__} written\n")


if __name__ == "__main__":
    main()
