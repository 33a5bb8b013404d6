"""Where what a counsellor has typed goes, whatever becomes of the desk: it takes drafts in when locked, and shows none.

A page of a conversation carries a slip: an unguessable word that stands for that conversation's slots, and in no
address. Whoever holds it may put drafts there, without session or key. So what was typed when the desk locked itself,
the form expired or something broke is sealed and not lost. While the desk is locked, slips and the public halves of
keys are all that is remembered.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from workstation.drafts import KINDS, Draft, Drafts, Kind, Slot
from workstation.errors import UnfitFileError, WorkstationError
from workstation.keyring.workstation import Keyring
from workstation.texts import translate as _


def open_drafts(keyring: Keyring) -> Drafts:
    """Return the drafts of a workstation. Raises UnfitFileError."""
    return Drafts.prepare(keyring.folder / "drafts", keyring.derive_local(b"drafts"))


@dataclass(slots=True)
class Letterbox:
    """The slots of the conversations that were shown since this process began."""

    slots: dict[str, tuple[Slot, ...]] = field(default_factory=dict)

    def offer(self, keyring: Keyring, conversation: bytes) -> str:
        """Return the slip of a conversation, the same each time; none where no draft can be kept."""
        try:
            slots = tuple(_slot(keyring, conversation, kind) for kind in KINDS)
        except UnfitFileError:
            return ""
        known = next((slip for slip, others in self.slots.items() if others == slots), None)
        slip = known or secrets.token_urlsafe()
        self.slots[slip] = slots
        return slip

    def take(self, slip: str, typed: Mapping[str, str], day: str) -> bool:
        """Seal what came with a slip, as far as it is worth it; say whether all of that is kept now."""
        worthy = [slot for slot in self.slots.get(slip, ()) if _has_words(slot.kind, typed)]
        # Each, though another one fails.
        kept = [_try_to_keep(slot, Draft(day, _clean(slot.kind, typed))) for slot in worthy]
        return bool(kept) and all(kept)


@dataclass(frozen=True, slots=True)
class Drawer:
    """Where the draft of one form of a conversation lies, at an open desk.

    `shown` are the fields of that form when nobody has typed: what says no more than they do is no draft.
    """

    keyring: Keyring
    conversation: bytes
    kind: Kind
    shown: Mapping[str, str]

    def keep(self, typed: Mapping[str, str], day: str) -> None:
        """Seal what was typed; it replaces the draft before. Raises WorkstationError, OSError."""
        cleaned = _clean(self.kind, typed)
        if cleaned == _clean(self.kind, self.shown):
            self.discard()
        else:
            _slot(self.keyring, self.conversation, self.kind).keep(Draft(day, cleaned))

    def read(self) -> tuple[Draft | None, str]:
        """Return the draft, if it says more than the empty form, and a sentence if it cannot be read."""
        seed = self.keyring.state.archives[self.conversation]
        try:
            draft = open_drafts(self.keyring).open(self.conversation, seed, self.kind)
        except UnfitFileError:
            return None, _("Uw concept van dit gesprek is beschadigd en kan niet worden gelezen.")
        same = draft is None or _clean(self.kind, draft.typed) == _clean(self.kind, self.shown)
        return (None if same else draft), ""

    def discard(self) -> None:
        """Remove the draft. Raises UnfitFileError, OSError."""
        open_drafts(self.keyring).discard(self.conversation, self.kind)

    @contextmanager
    def until_taken(self, typed: Mapping[str, str], day: str) -> Iterator[None]:
        """Remove the draft once what was typed is taken; if it is refused, keep it, and let the refusal through.

        What cannot be removed is shown again, which costs nobody anything.
        """
        try:
            yield
        except WorkstationError:
            # Should the desk be locked before the next page is asked for.
            with suppress(WorkstationError, OSError):
                self.keep(typed, day)
            raise
        with suppress(WorkstationError, OSError):
            self.discard()


def sweep(keyring: Keyring) -> None:
    """Remove drafts that nobody can open any more; that none is in the way must not keep anybody from their desk."""
    with suppress(WorkstationError, OSError):
        open_drafts(keyring).sweep(keyring.state.archives)


def is_worth_keeping(typed: Mapping[str, str]) -> bool:
    """Say whether somebody has written something; what is merely chosen still stands in the conversation."""
    return any(_has_words(kind, typed) for kind in KINDS)


def _has_words(kind: Kind, typed: Mapping[str, str]) -> bool:
    return any(typed.get(name, "").strip() for name in kind.words)


def _slot(keyring: Keyring, conversation: bytes, kind: Kind) -> Slot:
    return open_drafts(keyring).slot(conversation, keyring.state.archives[conversation], kind)


def _try_to_keep(slot: Slot, draft: Draft) -> bool:
    try:
        slot.keep(draft)
    except (WorkstationError, OSError):
        return False
    return True


def _clean(kind: Kind, typed: Mapping[str, str]) -> dict[str, str]:
    return {name: typed.get(name, "").replace("\r\n", "\n") for name in kind.fields}
