"""The commands that make a team: init root, init enrol, card. Repeating one shows the same again."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from crypto.encoding import encode_b64u
from crypto.roster import Roster
from crypto.verifying import serialize_document
from workstation import files
from workstation.ceremony.account import tell_doubts, tell_missing_credential, tell_renewal, tell_taken
from workstation.ceremony.card import renew_cards
from workstation.ceremony.destruction import list_due
from workstation.ceremony.enrolment import REQUEST_NAME, check_person, list_words, make_request, pin_anew
from workstation.ceremony.handout import Handout
from workstation.ceremony.renewal import check_handout, renew, take_handout
from workstation.ceremony.root import list_root_words, make_root, show_root_key
from workstation.ceremony.turnover import describe
from workstation.commands.asking import ask_consent, ask_new_passphrase, ask_passphrase
from workstation.commands.reading import parse_key, read_handout
from workstation.commands.telling import Lines, command, guide, value, words
from workstation.courier.credential import write_credential
from workstation.errors import WorkstationError
from workstation.keyring.root import FILE_NAME as ROOT_FILE
from workstation.keyring.root import RootKeyring, open_root
from workstation.keyring.state import Person
from workstation.keyring.workstation import FILE_NAME, Keyring, create_keyring, open_keyring
from workstation.spool import Spool
from workstation.texts import translate as _


def init_root(args: Namespace, _now: int) -> Lines:
    """Make the root's key, or show it again."""
    if (args.folder / ROOT_FILE).exists():
        root = open_root(args.folder, ask_passphrase(args.passphrase_file))
        if root.organisation != args.organisation:
            raise WorkstationError(
                _("In deze map staat de hoofdsleutel van een andere organisatie. Kies een andere map.")
            )
        done = _("De hoofdsleutel van {organisation} stond al in {folder}; er is niets veranderd.")
    else:
        root = make_root(args.folder, args.organisation, ask_new_passphrase(args.passphrase_file))
        done = _("De hoofdsleutel van {organisation} is gemaakt en staat in {folder}.")
    return guide(
        [done.format(organisation=root.organisation, folder=args.folder)],
        [
            _("Schrijf deze acht woorden op. Wie zich aanmeldt, ziet dezelfde; u vergelijkt ze aan de telefoon:"),
            words(list_root_words(root.pins.root_key, root.organisation)),
            _("Dit is de openbare sleutel (root_key). Hij is niet geheim:"),
            value(show_root_key(root)),
        ],
        _tell_after_root(root, args.folder),
    )


def init_enrol(args: Namespace, now: int) -> Lines:
    """Make a workstation's keys and its request. What was interrupted is finished; what is there stays."""
    me = check_person(
        Person(args.organisation, parse_key(args.root_key), args.person, args.name, tuple(args.affiliation))
    )
    new = not (args.folder / FILE_NAME).exists()
    if new:
        keyring = create_keyring(args.folder, me, ask_new_passphrase(args.passphrase_file))
    else:
        keyring = open_keyring(args.folder, ask_passphrase(args.passphrase_file))
    try:
        anew = _check_same(keyring, me)
        renew_cards(keyring, now)
        document = make_request(keyring)
        eight = list_words(keyring.verifying, document)
    finally:
        keyring.close()
    target = args.folder / REQUEST_NAME
    files.write_atomic(target, serialize_document(document))
    if new:
        done = _("De sleutels van deze werkplek zijn gemaakt en staan in {folder}.")
    elif anew:
        done = _("De werkplek in {folder} hoort nu bij de nieuwe hoofdsleutel. Sleutels en gesprekken zijn gebleven.")
    else:
        done = _("De sleutels van deze werkplek stonden al in {folder}; er zijn geen andere gemaakt.")
    return guide([done.format(folder=args.folder)], _tell_request(me, eight), _tell_after_enrolment(args.folder))


def card(args: Namespace, now: int) -> Lines:
    """Take a handout, renew cards, vouch for the roster, and give all of it to the courier."""
    handout = None if args.handout is None else read_handout(args.handout)
    keyring = open_keyring(args.folder, ask_passphrase(args.passphrase_file))
    try:
        if handout is not None:
            # Before there is a spool: whatever is refused has changed nothing.
            check_handout(keyring, handout, now)
        elif keyring.state.roster is None and not (args.spool / "keyset.json").exists():
            raise WorkstationError(
                _(
                    "Deze werkplek staat nog op geen lijst. Breng eerst {name} naar de beheerder, en geef --handout."
                ).format(name=REQUEST_NAME)
            )
        if args.credential_file is not None and handout is None:
            _credential(keyring)
        spool = Spool.open(args.spool, create=True)
        spool.refuse_other(keyring.state.me.organisation)
        done, check = _take(keyring, spool, handout, now)
        renewed = renew(keyring, spool, now)
        done += [*tell_renewal(renewed), *_destroy_due(keyring, spool, now)]
        if args.credential_file is not None:
            write_credential(args.credential_file, _credential(keyring))
            text = _("De sleutel voor de koerier staat in {file}. Alleen de koerier heeft die nodig.")
            done.append(text.format(file=args.credential_file))
    finally:
        keyring.close()
    return guide(done, [*check, *tell_doubts(renewed)], _tell_after_card(args.spool, args.credential_file))


def _tell_after_root(root: RootKeyring, folder: Path) -> Iterator[str]:
    yield _("Bewaar de map op een computer zonder netwerk, en een kopie in een ander gebouw.")
    yield _("Iedere vertrouwenspersoon voert op de eigen computer dit uit, met eigen namen in plaats van Anna:")
    who = '--person anna --name "Anna" --affiliation "Geen"'
    key = f"--root-key {show_root_key(root)}"
    yield command(f"init enrol --folder ~/bureau --organisation {root.organisation}", who, key)
    yield _("Met de aanmeldingen die u terugkrijgt, tekent u de lijst:")
    yield command("roster --root", folder, "--request anna.json --request bram.json")


def _check_same(keyring: Keyring, me: Person) -> bool:
    """Return whether the workstation now belongs to another root, which its person has to agree to."""
    pinned = keyring.state.me
    if replace(pinned, root_key=me.root_key) != me:
        raise WorkstationError(
            _("In deze map staat al een werkplek, met andere namen. Kies een andere map, of geef dezelfde namen.")
        )
    if pinned.root_key == me.root_key:
        return False
    question = [
        _(
            "Deze werkplek hoort bij een andere hoofdsleutel. "
            "Wissel alleen als die verloren is, of verkeerd was ingetypt."
        ),
        _("De acht woorden van de nieuwe hoofdsleutel:"),
        words(list_root_words(me.root_key, me.organisation)),
        _("Bel de beheerder op een nummer dat u al kende. Leest die dezelfde woorden voor? [j/n] "),
    ]
    if not ask_consent("\n".join(question)):
        raise WorkstationError(_("Er is niets veranderd."))
    pin_anew(keyring, me.root_key)
    return True


def _tell_request(me: Person, eight: Iterable[str]) -> Iterator[str]:
    yield _("De acht woorden van de hoofdsleutel. De beheerder van de lijst leest u dezelfde voor:")
    yield words(list_root_words(me.root_key, me.organisation))
    yield _("De acht woorden van uw aanmelding. Die leest u voor; de beheerder ziet dezelfde:")
    yield words(eight)
    yield _("Verschillen er woorden, ga dan niet verder. Gooi deze map weg en begin opnieuw met de goede sleutel.")


def _tell_after_enrolment(folder: Path) -> Iterator[str]:
    text = _("Breng dit bestand naar de beheerder van de lijst (het is niet geheim): {file}")
    yield text.format(file=folder / REQUEST_NAME)
    yield _("U krijgt een uitdeelbestand terug. Voer dan uit:")
    yield command(
        "card --folder", folder, "--spool /media/stick --handout uitdeelbestand.json --credential-file ~/koerier.key"
    )


def _take(keyring: Keyring, spool: Spool, handout: Handout | None, now: int) -> tuple[Lines, Lines]:
    if handout is None:
        return [], []
    before, former = keyring.state.roster, keyring.state.me.root_key
    taken = take_handout(keyring, spool, handout, now)
    followed = keyring.state.me.root_key != former
    done = [*tell_taken(taken.version, taken.expires_on, again=before == handout.roster, followed=followed)]
    return done, [*_tell_list(taken, keyring, handout), *_tell_root(keyring, changed=followed)]


def _tell_list(taken: Roster, keyring: Keyring, handout: Handout) -> Iterator[str]:
    yield _("Op de lijst staan, en niemand anders:")
    for workstation in taken.active.values():
        yield value(describe(workstation))
    yield _("De acht woorden van deze lijst, ook voor wie belt om ze te vergelijken:")
    yield words(list_words(keyring.state.me.root_key, handout.roster))
    if keyring.state.credential is None:
        yield tell_missing_credential()


def _tell_root(keyring: Keyring, *, changed: bool) -> Iterator[str]:
    if changed:
        me = keyring.state.me
        yield _("De acht woorden van de nieuwe hoofdsleutel, {key}:").format(key=encode_b64u(me.root_key))
        yield words(list_root_words(me.root_key, me.organisation))


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


def _tell_after_card(spool: Path, credential_file: Path | None) -> Iterator[str]:
    yield _("Synchroniseer, op een computer met netwerk:")
    yield command(
        "sync --spool",
        spool,
        "--portal https://ADRES-VAN-DE-SITE --credential-file",
        credential_file or "~/koerier.key",
    )


def _credential(keyring: Keyring) -> bytes:
    if keyring.state.credential is None:
        raise WorkstationError(_("Deze werkplek heeft nog geen koerierssleutel. Neem eerst een uitdeelbestand over."))
    return keyring.state.credential
