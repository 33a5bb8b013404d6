"""The commands for the day on which a workstation is lost: backup, rehearse, restore."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from crypto.encoding import encode_b64u
from workstation.backup.contents import Contents
from workstation.backup.making import make_backup
from workstation.backup.progress import Tell
from workstation.backup.rehearsal import rehearse as read_through
from workstation.backup.restoring import Restored, Wish
from workstation.backup.restoring import restore as build
from workstation.ceremony.enrolment import REQUEST_NAME
from workstation.ceremony.root import list_root_words
from workstation.commands.asking import ask_passphrase
from workstation.commands.telling import command, guide, value, words
from workstation.keyring.workstation import open_keyring
from workstation.texts import translate as _

Lines = list[str]


def backup(args: Namespace, now: int, tell: Tell) -> Lines:
    """Make a backup; the desk must be locked."""
    passphrase = ask_passphrase(args.passphrase_file)
    keyring = open_keyring(args.folder, passphrase)
    try:
        made = make_backup(keyring, passphrase, args.out, now, tell)
    finally:
        keyring.close()
    return [
        _("De reservekopie staat in {file}.").format(file=args.out),
        _("Hierin: {conversations} gesprekken, {messages} berichten, {attachments} bijlagen.").format(
            conversations=made.conversations, messages=made.messages, attachments=made.attachments
        ),
        *_tell_broken(made.unreadable),
        _("Ze gaat open met de wachtzin van deze werkplek, en met niets anders."),
        _("Probeer haar nu met `rehearse`, bewaar haar op een andere plaats, en vernietig oudere."),
    ]


def rehearse(args: Namespace, tell: Tell) -> Lines:
    """Open everything in a backup, and leave nothing behind."""
    done = read_through(args.source, ask_passphrase(args.passphrase_file), tell)
    told = [
        *_describe(done.contents),
        _(
            "Alles is gelezen: {conversations} gesprekken, {messages} berichten, {attachments} bijlagen gaan open."
        ).format(conversations=len(done.contents.files), messages=done.messages, attachments=done.attachments),
        _("{count} antwoorden waren nog niet bezorgd.").format(count=done.waiting),
        *_tell_broken(done.broken + done.missing),
    ]
    if not done.broken + done.missing:
        told.append(_("Deze reservekopie is goed. Op deze computer is er niets van achtergebleven."))
    return told


def restore(args: Namespace, now: int, tell: Tell) -> Lines:
    """Make a new workstation out of a backup."""
    wish = Wish(args.source, args.folder, args.organisation, tuple(args.withdrawn))
    done = build(wish, ask_passphrase(args.passphrase_file), now, tell)
    text = _("{conversations} gesprekken met {messages} berichten zijn terug, in {folder}.")
    made = [
        *_describe(done.contents),
        text.format(conversations=done.conversations, messages=done.messages, folder=args.folder),
        _("Dit is een nieuwe werkplek met dezelfde wachtzin. Ze kan lezen, en antwoorden zodra ze op de lijst staat."),
    ]
    return guide(made, _tell_what_to_check(done), _tell_after_restoring(done, args.folder))


def _tell_what_to_check(done: Restored) -> Iterator[str]:
    yield from _tell_broken(done.broken)
    for name in done.unknown:
        yield _("Gesprek {name} stond niet in de reservekopie.").format(name=name)
    me = done.contents.me
    yield _("De acht woorden van de hoofdsleutel. De beheerder van de lijst leest u dezelfde voor:")
    yield words(list_root_words(me.root_key, me.organisation))
    yield _("De acht woorden van uw aanmelding. Die leest u voor; de beheerder ziet dezelfde:")
    yield words(done.words)
    text = _("Vraag een collega welke gesprekken zijn ingetrokken sinds {day}; zie de handleiding.")
    yield text.format(day=done.contents.day)


def _tell_after_restoring(done: Restored, folder: Path) -> Iterator[str]:
    text = _("Breng dit bestand naar de beheerder van de lijst (het is niet geheim): {file}")
    yield text.format(file=folder / REQUEST_NAME)
    yield _("Vraag in dezelfde keer de oude werkplek af te melden:")
    yield value(f"--retire={encode_b64u(done.contents.workstation)}")
    yield _("U krijgt een uitdeelbestand terug. Voer dan uit:")
    rest = "--spool /media/stick --handout uitdeelbestand.json --credential-file ~/koerier.key"
    yield command("card --folder", folder, rest)


def _describe(contents: Contents) -> Lines:
    return [
        _("Reservekopie van {name} ({organisation}), gemaakt op {day}.").format(
            name=contents.me.name, organisation=contents.me.organisation, day=contents.day
        )
    ]


def _tell_broken(count: int) -> Lines:
    if not count:
        return []
    return [
        _("{count} bestanden zijn beschadigd en gaan niet open. Bewaar ook een oudere reservekopie.").format(
            count=count
        )
    ]
