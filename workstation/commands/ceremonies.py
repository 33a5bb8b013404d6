"""The commands that make a team: init root, init enrol, roster, card."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Final

from crypto.encoding import decode_b64u, encode_b64u
from crypto.errors import MalformedError
from crypto.verifying import Document, parse_document, serialize_document
from workstation import files
from workstation.ceremony.card import renew_cards
from workstation.ceremony.destruction import list_due
from workstation.ceremony.enrolment import (
    REQUEST_NAME,
    Request,
    check_person,
    list_words,
    make_request,
    open_request,
)
from workstation.ceremony.handout import HANDOUT_SIZE, Handout, parse_handout, serialize_handout
from workstation.ceremony.published import parse_published
from workstation.ceremony.renewal import Renewal, renew, take_handout
from workstation.ceremony.root import make_root, show_root_key
from workstation.ceremony.roster import Changes, adopt_previous, make_roster, read_last
from workstation.commands.asking import ask_consent, ask_new_passphrase, ask_passphrase
from workstation.courier.credential import write_credential
from workstation.errors import WorkstationError
from workstation.keyring.root import open_root
from workstation.keyring.state import Person
from workstation.keyring.workstation import Keyring, create_keyring, open_keyring
from workstation.spool import KEYSET_SIZE, Spool
from workstation.texts import translate as _

Lines = list[str]
HANDOUT_NAME: Final = "uitdeelbestand.json"
_REQUEST_SIZE: Final = 2**20


def init_root(args: Namespace, _now: int) -> Lines:
    """Make the root's key."""
    root = make_root(args.folder, args.organisation, ask_new_passphrase(args.passphrase_file))
    return [
        _("De hoofdsleutel van {organisation} is gemaakt en staat in {folder}.").format(
            organisation=root.organisation, folder=args.folder
        ),
        "",
        _("Openbare sleutel, voor de instellingen van het portaal (root_key) en voor elke aanmelding:"),
        "    " + show_root_key(root),
        "",
        _("Bewaar de map op een computer zonder netwerk, en een kopie op een andere plaats."),
        _("Daarna: laat elke vertrouwenspersoon `init enrol` uitvoeren op de eigen computer."),
    ]


def init_enrol(args: Namespace, now: int) -> Lines:
    """Make a workstation's keys and its request; an interrupted enrolment is finished."""
    me = check_person(
        Person(args.organisation, _parse_key(args.root_key), args.person, args.name, tuple(args.affiliation))
    )
    keyring = create_keyring(args.folder, me, ask_new_passphrase(args.passphrase_file))
    try:
        renew_cards(keyring, now)
        document = make_request(keyring)
    finally:
        keyring.close()
    target = args.folder / REQUEST_NAME
    files.write_atomic(target, serialize_document(document))
    return [
        _("De sleutels van deze werkplek zijn gemaakt en staan in {folder}.").format(folder=args.folder),
        _("Breng dit bestand naar de beheerder van de lijst (het is niet geheim): {file}").format(file=target),
        "",
        _("Lees daarna deze acht woorden voor aan de telefoon. De beheerder moet precies dezelfde zien:"),
        "    " + " ".join(list_words(keyring.verifying, document)),
        "",
        _("Daarna: u krijgt een uitdeelbestand terug. Voer daarmee `card --handout` uit."),
    ]


def roster(args: Namespace, now: int) -> Lines:
    """Sign the next roster and write what every workstation gets."""
    root = open_root(args.root, ask_passphrase(args.passphrase_file))
    if args.previous is not None:
        adopt_previous(root, _read_document(args.previous))
    requests = [open_request(_read(file, _REQUEST_SIZE)) for file in args.request]
    told = [line for request in requests for line in _compare(request, compared=args.compared)]
    retire = [_parse_key(text) for text in args.retire]
    if (
        retire
        and not args.compared
        and not ask_consent(_("{count} werkplek(ken) afmelden? [j/n] ").format(count=len(retire)))
    ):
        raise WorkstationError(_("Er is niets veranderd."))
    cards = () if args.keyset is None else _read_cards(args.keyset)
    handout = make_roster(root, Changes(requests, retire), cards, now)
    target = args.out or args.root / HANDOUT_NAME
    files.write_atomic(target, serialize_handout(handout))
    signed = read_last(root)
    assert signed is not None, "it was signed a moment ago"
    told += [
        _("Lijst nummer {version} is getekend en geldt tot en met {day}.").format(
            version=signed.version, day=signed.expires_on
        ),
        *(f"    {w.name} ({w.person})  {encode_b64u(w.id)}" for w in signed.active.values()),
        *_tell_unsealed(handout, [w.name for w in signed.active.values() if w.id not in handout.credentials]),
        _("Geef dit bestand aan elke werkplek (het is niet geheim): {file}").format(file=target),
        _("Daarna: op elke werkplek `card --handout` uitvoeren, en dan synchroniseren."),
    ]
    return told


def card(args: Namespace, now: int) -> Lines:
    """Take a handout, renew cards, vouch for the roster, and give all of it to the courier."""
    spool = Spool.open(args.spool, create=True)
    keyring = open_keyring(args.folder, ask_passphrase(args.passphrase_file))
    try:
        spool.refuse_other(keyring.state.me.organisation)
        told = _take(args, keyring, spool, now)
        done = renew(keyring, spool, now)
        told += _destroy_due(keyring, spool, now)
        if args.credential_file is not None:
            told += _write_credential(args.credential_file, keyring)
    finally:
        keyring.close()
    return [*told, *_tell_renewal(done)]


def _take(args: Namespace, keyring: Keyring, spool: Spool, now: int) -> Lines:
    if args.handout is None:
        return []
    try:
        handout = parse_handout(_read(args.handout, HANDOUT_SIZE))
    except MalformedError:
        raise WorkstationError(_("Dit is geen uitdeelbestand, of het is beschadigd.")) from None
    taken = take_handout(keyring, spool, handout, now)
    told = [
        _("Lijst nummer {version} klopt en is overgenomen. Hij geldt tot en met {day}. Hierop staan:").format(
            version=taken.version, day=taken.expires_on
        ),
        *(f"    {w.name} ({w.person})" for w in taken.active.values()),
        _("De acht woorden van deze lijst, voor wie belt om ze te vergelijken:"),
        "    " + " ".join(list_words(keyring.state.me.root_key, handout.roster)),
    ]
    if keyring.state.credential is None:
        told.append(_("Er zat geen koerierssleutel voor u bij. Vraag de beheerder om een nieuw uitdeelbestand."))
    return told


def _destroy_due(keyring: Keyring, spool: Spool, now: int) -> Lines:
    due = list_due(keyring, spool, now)
    if not due:
        return []
    # The desk is loaded only here: it takes in what these secrets still open.
    from workstation.desk.work import begin  # noqa: PLC0415

    trouble = begin(keyring, spool.folder, now).trouble
    if keyring.state.cards.keys() & set(due):
        return [trouble or _("Oude sleutels konden nog niet worden vernietigd. Open het bureau.")]
    return [_("{count} oude sleutels vernietigd.").format(count=len(due))]


def _tell_renewal(done: Renewal) -> Lines:
    told = [_("{count} nieuwe weekkaarten gemaakt.").format(count=done.cards)]
    if done.absent:
        names = ", ".join(w.name for w in done.absent)
        told.append(_("Nog geen kaart bekend van: {names}.").format(names=names))
    if done.vouched:
        told.append(_("De lijst is voor deze week bevestigd."))
    else:
        told.append(_("De lijst kan nog niet worden bevestigd. Neem eerst het uitdeelbestand over, of synchroniseer."))
    told.append(_("{count} documenten wachten op de koerier.").format(count=done.waiting))
    told.append(_("Daarna: synchroniseer met `sync`."))
    return told


def _write_credential(target: Path, keyring: Keyring) -> Lines:
    if keyring.state.credential is None:
        raise WorkstationError(_("Deze werkplek heeft nog geen koerierssleutel. Neem eerst een uitdeelbestand over."))
    write_credential(target, keyring.state.credential)
    return [_("De sleutel voor de koerier staat in {file}. Alleen de koerier heeft die nodig.").format(file=target)]


def _compare(request: Request, *, compared: bool) -> Lines:
    w = request.workstation
    told = [
        _("Aanmelding van {name} ({person}), verbonden met: {affiliations}").format(
            name=w.name, person=w.person, affiliations=", ".join(w.affiliations) or "–"
        ),
        "    " + " ".join(request.words),
    ]
    if compared:
        return told
    question = [*told, _("Bel deze persoon op een nummer dat u al kende. Leest die dezelfde woorden voor? [j/n] ")]
    if not ask_consent("\n".join(question)):
        raise WorkstationError(
            _("Er is niets getekend. Woorden die verschillen betekenen dat iemand meeleest of meeschrijft.")
        )
    return []


def _tell_unsealed(handout: Handout, names: Lines) -> Lines:
    if not names:
        return []
    assert handout.roster is not None, "a handout has a roster"
    return [
        _("Voor {names} is geen geldige kaart bekend: de koerierssleutel gaat niet mee. Geef --keyset op.").format(
            names=", ".join(names)
        )
    ]


def _read_cards(file: Path) -> tuple[Document, ...]:
    try:
        return parse_published(_read(file, KEYSET_SIZE)).cards
    except MalformedError:
        raise WorkstationError(_("Dit is geen sleutellijst (keyset.json), of het bestand is beschadigd.")) from None


def _read_document(file: Path) -> Document:
    data = _read(file, HANDOUT_SIZE)
    try:
        return parse_document(data)
    except MalformedError:
        pass
    try:
        # An earlier handout holds the earlier roster.
        return parse_handout(data).roster
    except MalformedError:
        raise WorkstationError(_("Dit is geen getekende lijst, of het bestand is beschadigd.")) from None


def _read(file: Path, most: int) -> bytes:
    data = files.read_file(file, most)
    if data is None:
        raise WorkstationError(_("Het bestand {name} is er niet.").format(name=files.printable(file.name)))
    return data


def _parse_key(text: str) -> bytes:
    try:
        return decode_b64u(text)
    except MalformedError:
        raise WorkstationError(_("Een sleutel of nummer is verkeerd overgenomen; het zijn 43 tekens.")) from None
