"""Succession: another root takes over, and every workstation that knew the old one follows. spec: Succession.

Three people's computers, and no key leaves any of them:

1. the old root names the new one by its verifying key, after eight words were compared by telephone, and signs nothing
   more (`name_successor`);
2. the new root goes on from exactly the roster that the old one named (`take_over`), and signs the next one: with that
   it shows that it has the key;
3. a workstation follows from the root that it has pinned, when a handout brings both (`find_root`).
"""

from __future__ import annotations

from collections.abc import Sequence

from crypto import labels
from crypto.encoding import digest
from crypto.errors import KeysetError, ProtocolError
from crypto.roster import Pins, open_roster, parse_roster
from crypto.signing import sign_document
from crypto.succession import Succession, follow, open_succession, serialize_succession
from crypto.verifying import Document
from workstation.ceremony.handout import Handout
from workstation.ceremony.refusals import refuse
from workstation.errors import WorkstationError
from workstation.keyring.root import RootKeyring
from workstation.keyring.workstation import Keyring
from workstation.texts import translate as _


def name_successor(root: RootKeyring, successor: bytes) -> Handout:
    """Sign that another root goes on from here; save, and return what its holder needs. The same again is the same.

    Raises WorkstationError if there is nothing to hand over, or somebody else has got it.
    """
    if root.roster is None:
        raise WorkstationError(
            _(
                "Met deze hoofdsleutel is nog geen lijst getekend: er is niets over te dragen. "
                "De ander kan zelf beginnen."
            )
        )
    if successor == root.pins.root_key:
        raise WorkstationError(_("Dit is de openbare sleutel van deze map zelf. Vraag die van de opvolger."))
    if root.handed_over is None:
        roster = parse_roster(root.roster.payload)
        fields = Succession(root.organisation, root.pins.root_key, successor, roster.version, roster.hash)
        root.handed_over = sign_document(labels.TYPE_SUCCESSION, serialize_succession(fields), root.signing)
        root.save()
    elif open_succession(root.handed_over, root.organisation).successor != successor:
        raise WorkstationError(
            _("Deze hoofdsleutel is al aan een ander overgedragen. Twee opvolgers kunnen niet; zie de handleiding.")
        )
    return Handout(root.roster, tuple(root.cards), {}, (*root.successions, root.handed_over))


def take_over(root: RootKeyring, handover: Handout) -> None:
    """Let this root go on from the roster of the one before; repeating it changes nothing. The caller saves.

    Raises WorkstationError if the handover is for somebody else, or not whole.
    """
    try:
        last = find_predecessor(root, handover.successions)
        roster = open_roster(handover.roster, Pins(root.organisation, last.predecessor, 1))
    except ProtocolError as error:
        raise refuse(error) from None
    if (roster.version, roster.hash) != (last.roster_version, last.roster_hash):
        raise WorkstationError(
            _("De lijst hoort niet bij deze opvolging. Vraag de vorige beheerder om een nieuw bestand.")
        )
    if root.roster is None:
        root.roster, root.cards, root.successions = handover.roster, list(handover.cards), handover.successions
    elif root.successions != handover.successions:
        raise WorkstationError(
            _(
                "Met deze hoofdsleutel is al een eigen lijst getekend. "
                "Maak voor de opvolging een nieuwe, met `init root`."
            )
        )


def find_predecessor(root: RootKeyring, documents: Sequence[Document]) -> Succession:
    """Return the last of the successions that lead to this root.

    Raises ProtocolError for one that is forged, WorkstationError if they lead elsewhere.
    """
    steps = [open_succession(document, root.organisation) for document in documents]
    if not steps or steps[-1].successor != root.pins.root_key:
        raise WorkstationError(_("Deze opvolging is voor een andere hoofdsleutel. Klopt de map achter --root?"))
    follow(steps[-1].predecessor, steps[:-1], steps[-1:])
    return steps[-1]


def find_root(keyring: Keyring, documents: Sequence[Document]) -> tuple[Pins, tuple[Document, ...]]:
    """Return the root to which successions lead from the pinned one, and the documents that lead there.

    Nothing is changed. Raises WorkstationError for one that is forged, or for two successors of one root.
    """
    me, state = keyring.state.me, keyring.state
    try:
        known = [open_succession(document, me.organisation) for document in state.successions]
        offered = [open_succession(document, me.organisation) for document in documents]
    except ProtocolError as error:
        raise refuse(error) from None
    try:
        path = follow(me.root_key, known, offered)
    except KeysetError:
        raise _refuse_fork() from None
    for step in path:
        # Of the roster that we know by this number, the old root has named another.
        if state.roster is not None and state.roster_version == step.roster_version:
            _check_same(state.roster, step)
    root_key = path[-1].successor if path else me.root_key
    least = max([state.roster_version, *(step.roster_version + 1 for step in path)])
    return Pins(me.organisation, root_key, least), tuple(documents[offered.index(step)] for step in path)


def is_former(keyring: Keyring, document: Document, path: Sequence[Document] = ()) -> bool:
    """Say whether a roster is signed by a root that has handed over, as far as this workstation and `path` know."""
    me = keyring.state.me
    for succession in (*keyring.state.successions, *path):
        try:
            former = open_succession(succession, me.organisation)
            open_roster(document, Pins(me.organisation, former.predecessor, 1))
        except ProtocolError:
            continue
        return True
    return False


def _check_same(roster: Document, step: Succession) -> None:
    if digest(roster.payload) != step.roster_hash:
        raise refuse(KeysetError("conflict"))


def _refuse_fork() -> WorkstationError:
    return WorkstationError(
        _(
            "Dezelfde hoofdsleutel heeft twee verschillende opvolgers. Neem niets over, "
            "en bel uw collega's en de beheerder die u kent."
        )
    )
