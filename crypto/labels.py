"""Every tag, label and size of the protocol. spec: Labels, Encodings, Envelope."""

from __future__ import annotations

from typing import Final

PROTOCOL_VERSION: Final = 1


def label(name: str) -> bytes:
    """Return the label's bytes; the closing zero keeps any label from being the beginning of another."""
    return f"vertrouwenspost/v1/{name}".encode("ascii") + b"\x00"


CODE: Final = label("code")
MAILBOX_IDENTITY: Final = label("mailbox/identity")
MAILBOX_SIGNING: Final = label("mailbox/signing")
MAILBOX_ADDRESS: Final = label("mailbox/address")
MAILBOX_DELETE: Final = label("mailbox/delete")
MAILBOX_REPLY_ADDRESS: Final = label("mailbox/reply-address")
MAILBOX_REPLY_DELETE: Final = label("mailbox/reply-delete")
MAILBOX_FAMILY: Final = label("mailbox/family")
ID_CONVERSATION: Final = label("id/conversation")
ID_WORKSTATION: Final = label("id/workstation")
SIGN_MAILBOX: Final = label("sign/mailbox")
SIGN_WORKSTATION: Final = label("sign/workstation")
SIGN_EVENT: Final = label("sign/event")
SIGN_CONSENT: Final = label("sign/consent")
SIGN_HANDOVER: Final = label("sign/handover")
ATTACHMENT_CONTENT: Final = label("attachment/content")
ATTACHMENT_ADDRESS: Final = label("attachment/address")
FINGERPRINT: Final = label("fingerprint")

TYPE_ROSTER: Final = "application/vnd.vertrouwenspost.roster.v1+json"
TYPE_CARD: Final = "application/vnd.vertrouwenspost.card.v1+json"
TYPE_FRESHNESS: Final = "application/vnd.vertrouwenspost.freshness.v1+json"
TYPE_ENROLMENT: Final = "application/vnd.vertrouwenspost.enrolment.v1+json"
TYPE_SUCCESSION: Final = "application/vnd.vertrouwenspost.succession.v1+json"

BLOCK_SIZE: Final = 65_536
STANZA_COUNT: Final = 12
WORKSTATION_COUNT: Final = STANZA_COUNT - 1
LISTED_COUNT: Final = 64
PERSON_COUNT: Final = 64
KEY_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64
PREFIX_SIZE: Final = 4
LAST_NUMBER: Final = 255
SKIP_COUNT: Final = 8
KIND_CHUNK: Final = 0
KIND_HEAD: Final = 1
KIND_REPLY: Final = 2

# The verifying key of the demo's root, whose secret half stands in workstation/demo.py for everybody to read.
DEMO_ROOT_KEY: Final = bytes.fromhex("5abc4dbcd848fcfd11f6609179b9d8c409271ac5a393de1a3b7ed9a639fea1dc")
