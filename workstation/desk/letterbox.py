"""Where what a counsellor has typed goes, whatever becomes of the desk: it takes drafts in when locked, and shows none.

A page with an answer's form carries a slip: an unguessable word that stands for one conversation's slot, and in no
address. Whoever holds it may put a draft there, without session or key. So what was typed when the desk locked itself,
the form expired or something broke is sealed and not lost. While the desk is locked, slips and the public halves of
keys are all that is remembered.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from workstation.drafts import FIELDS, Draft, Drafts, Slot
from workstation.errors import UnfitFileError, WorkstationError
from workstation.keyring.workstation import Keyring
from workstation.texts import translate as _


def open_drafts(keyring: Keyring) -> Drafts:
    """Return the drafts of a workstation. Raises UnfitFileError."""
    return Drafts.prepare(keyring.folder / "drafts", keyring.derive_local(b"drafts"))


@dataclass(slots=True)
class Letterbox:
    """The slots of the conversations whose forms were shown since this process began."""

    slots: dict[str, Slot] = field(default_factory=dict)

    def offer(self, keyring: Keyring, conversation: bytes) -> str:
        """Return the slip of a conversation, the same each time; none where no draft can be kept."""
        try:
            slot = _slot(keyring, conversation)
        except UnfitFileError:
            return ""
        known = next((slip for slip, other in self.slots.items() if other == slot), None)
        slip = known or secrets.token_urlsafe()
        self.slots[slip] = slot
        return slip

    def take(self, slip: str, typed: Mapping[str, str], day: str) -> bool:
        """Seal what came with a slip, if it is worth it; say whether it is kept. Raises WorkstationError, OSError."""
        slot = self.slots.get(slip)
        if slot is None or not is_worth_keeping(typed):
            return False
        slot.keep(Draft(day, _clean(typed)))
        return True


def keep(keyring: Keyring, conversation: bytes, typed: Mapping[str, str], shown: Mapping[str, str], day: str) -> None:
    """Seal what was typed as the draft; where it says no more than the form did when it was empty, there is none.

    `shown` are the fields of that form. Raises WorkstationError, OSError.
    """
    cleaned = _clean(typed)
    if cleaned == _clean(shown):
        discard(keyring, conversation)
    else:
        _slot(keyring, conversation).keep(Draft(day, cleaned))


def read(keyring: Keyring, conversation: bytes, shown: Mapping[str, str]) -> tuple[Draft | None, str]:
    """Return the draft, if it says more than the empty form, and a sentence if it cannot be read."""
    try:
        draft = open_drafts(keyring).open(conversation, keyring.state.archives[conversation])
    except UnfitFileError:
        return None, _("Uw concept van dit gesprek is beschadigd en kan niet worden gelezen.")
    return (None if draft is None or _clean(draft.typed) == _clean(shown) else draft), ""


def discard(keyring: Keyring, conversation: bytes) -> None:
    """Remove the draft of a conversation. Raises UnfitFileError, OSError."""
    open_drafts(keyring).discard(conversation)


def sweep(keyring: Keyring) -> None:
    """Remove drafts that nobody can open any more; that none is in the way must not keep anybody from their desk."""
    with suppress(WorkstationError, OSError):
        open_drafts(keyring).sweep(keyring.state.archives)


def is_worth_keeping(typed: Mapping[str, str]) -> bool:
    """Say whether somebody has written something; what is merely agreed still stands in the conversation."""
    return any(typed.get(name, "").strip() for name in ("text", "gist", "summary"))


def _slot(keyring: Keyring, conversation: bytes) -> Slot:
    return open_drafts(keyring).slot(conversation, keyring.state.archives[conversation])


def _clean(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: typed.get(name, "").replace("\r\n", "\n") for name in FIELDS}
