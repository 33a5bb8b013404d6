"""The commands of the root holder after the first: roster and succession."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from crypto.encoding import encode_b64u
from crypto.roster import Roster, Workstation
from workstation import files
from workstation.ceremony.enrolment import Request, list_words
from workstation.ceremony.handout import Handout, serialize_handout
from workstation.ceremony.root import list_root_words
from workstation.ceremony.roster import Changes, adopt_previous, make_roster, read_last
from workstation.ceremony.succession import name_successor, take_over
from workstation.ceremony.turnover import compare, describe, find_retiree
from workstation.commands.asking import ask_consent, ask_passphrase
from workstation.commands.reading import parse_key, read_cards, read_handover, read_previous, read_request
from workstation.commands.telling import Lines, command, guide, value, words
from workstation.errors import WorkstationError
from workstation.keyring.root import RootKeyring, open_root
from workstation.texts import translate as _

HANDOUT_NAME: Final = "uitdeelbestand.json"
HANDOVER_NAME: Final = "opvolging.json"


def roster(args: Namespace, now: int) -> Lines:
    """Sign the next roster and write what every workstation gets."""
    root = open_root(args.root, ask_passphrase(args.passphrase_file))
    if args.succession is not None:
        take_over(root, read_handover(args.succession))
    if args.previous is not None:
        adopt_previous(root, *read_previous(args.previous))
    before = read_last(root)
    requests = [read_request(file) for file in args.request]
    retirees = [find_retiree(before, named) for named in args.retire]
    cards = () if args.keyset is None else read_cards(args.keyset)
    told = [line for request in requests for line in _compare(root, before, request, compared=args.compared)]
    _confirm_removal(retirees, compared=args.compared)
    handout = make_roster(root, Changes(requests, [w.id for w in retirees]), cards, now)
    target = args.out or args.root / HANDOUT_NAME
    files.write_atomic(target, serialize_handout(handout))
    signed = read_last(root)
    assert signed is not None, "it was signed a moment ago"
    return told + guide(
        _tell_signed(before, signed, target),
        _tell_what_to_check(root, handout, signed, taken_over=args.succession is not None),
        _tell_next(root, args.root, target, taken_over=args.succession is not None),
    )


def succession(args: Namespace, _now: int) -> Lines:
    """Let another root go on from here."""
    successor = parse_key(args.to)
    root = open_root(args.root, ask_passphrase(args.passphrase_file))
    eight = list_root_words(successor, root.organisation)
    if root.handed_over is None and root.roster is not None and successor != root.pins.root_key:
        question = [
            _("De acht woorden van de nieuwe hoofdsleutel:"),
            words(eight),
            _("Hierna tekent uw hoofdsleutel niets meer, en dat is niet terug te draaien."),
            _("Bel de opvolger op een nummer dat u al kende. Leest die dezelfde woorden voor? [j/n] "),
        ]
        if not args.compared and not ask_consent("\n".join(question)):
            raise WorkstationError(_("Er is niets overgedragen."))
    handover = name_successor(root, successor)
    target = args.out or args.root / HANDOVER_NAME
    files.write_atomic(target, serialize_handout(handover))
    last = read_last(root)
    assert last is not None, "there was something to hand over"
    return guide(
        [
            _(
                "De opvolging is getekend, met lijst nummer {version} erbij. Deze hoofdsleutel tekent niets meer."
            ).format(version=last.version)
        ],
        [_("De opvolger ziet bij `init root` dezelfde acht woorden:"), words(eight)],
        [
            _("Geef dit bestand aan de opvolger (het is niet geheim): {file}").format(file=target),
            _("Die voert uit, met de eigen map:"),
            command("roster --root", Path("/media/root"), "--succession", Path(HANDOVER_NAME)),
            _("Bewaar uw map tot elke werkplek de nieuwe lijst heeft. Vernietig haar dan, met alle kopieën."),
        ],
    )


def _compare(root: RootKeyring, before: Roster | None, request: Request, *, compared: bool) -> Lines:
    told = [_("Aanmelding van {who}").format(who=describe(request.workstation)), words(request.words)]
    others = [] if before is None else [w for i, w in before.active.items() if i != request.workstation.id]
    if request.workstation.person in {w.person for w in others}:
        told.append(
            _("Dit wordt een volgende werkplek van {name}, die al op de lijst staat: dezelfde persoon.").format(
                name=request.workstation.name
            )
        )
    if compared:
        return [*told, ""]
    question = [
        "",
        *told,
        _("Bel deze persoon op een nummer dat u al kende. Lees eerst de woorden van uw hoofdsleutel voor:"),
        words(list_root_words(root.pins.root_key, root.organisation)),
        _("Staan die daar ook, en leest die persoon u daarna de woorden van de aanmelding voor? [j/n] "),
    ]
    if not ask_consent("\n".join(question)):
        raise WorkstationError(
            _("Er is niets getekend. Woorden die verschillen betekenen dat iemand meeleest of meeschrijft.")
        )
    return []


def _confirm_removal(retirees: Sequence[Workstation], *, compared: bool) -> None:
    if not retirees or compared:
        return
    question = [_("Deze werkplekken meldt u af; zij kunnen daarna niets nieuws meer lezen:")]
    question += [value(_name(w)) for w in retirees]
    question.append(_("Klopt dat? [j/n] "))
    if not ask_consent("\n".join(question)):
        raise WorkstationError(_("Er is niets veranderd."))


def _tell_signed(before: Roster | None, signed: Roster, target: Path) -> Iterable[str]:
    turnover = compare(before, signed)
    yield _("Lijst nummer {version} is getekend en geldt tot en met {day}.").format(
        version=signed.version, day=signed.expires_on
    )
    for state, found in ((_("nieuw"), turnover.came), (_("blijft"), turnover.stayed), (_("weg"), turnover.left)):
        for workstation in found:
            yield value(f"{state:<8}{_name(workstation)}")
    yield _("Het uitdeelbestand staat in {file}. Het is niet geheim.").format(file=target)


def _tell_what_to_check(root: RootKeyring, handout: Handout, signed: Roster, *, taken_over: bool) -> Iterable[str]:
    yield _("Staat hierboven iedereen die u verwacht, en niemand anders?")
    counts = Counter(w.person for w in signed.active.values())
    names = {w.person: w.name for w in signed.active.values()}
    for person, count in counts.items():
        if count > 1:
            yield _("{name} ({person}) heeft {count} werkplekken en telt als één persoon.").format(
                name=names[person], person=person, count=count
            )
    if len(counts) == 1:
        yield _("Er staat één persoon op de lijst. Melders kunnen dan niemand uitsluiten; twee of drie is beter.")
    if unsealed := ", ".join(w.name for w in signed.active.values() if w.id not in handout.credentials):
        yield _(
            "Voor {names} is geen geldige kaart bekend: de koerierssleutel gaat niet mee. Geef --keyset op."
        ).format(names=unsealed)
    yield _("De acht woorden van deze lijst. Elke werkplek ziet dezelfde, en de site ook:")
    yield words(list_words(root.pins.root_key, handout.roster))
    if taken_over:
        yield _("De acht woorden van uw hoofdsleutel:")
        yield words(list_root_words(root.pins.root_key, root.organisation))


def _tell_next(root: RootKeyring, folder: Path, target: Path, *, taken_over: bool) -> Iterable[str]:
    yield _("Geef het uitdeelbestand aan elke werkplek. Daar wordt uitgevoerd, met de eigen mappen:")
    places = ("--folder ~/bureau --spool /media/stick --handout", Path(target.name))
    yield command("card", *places, "--credential-file ~/koerier.key")
    if taken_over:
        yield _(
            "Geef de openbare sleutel aan wie de server beheert: root_key in config.toml, dan bouwen en herstarten:"
        )
        yield value(encode_b64u(root.pins.root_key))
    yield _("Bewaar een kopie van de map {folder} in een ander gebouw.").format(folder=folder)


def _name(workstation: Workstation) -> str:
    return f"{workstation.name} ({workstation.person})  {encode_b64u(workstation.id)}"
