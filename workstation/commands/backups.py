"""The commands for the day on which a workstation is lost: backup, rehearse, restore."""

from __future__ import annotations

from argparse import Namespace

from crypto.encoding import encode_b64u
from workstation.backup.contents import Contents
from workstation.backup.making import make_backup
from workstation.backup.progress import Tell
from workstation.backup.rehearsal import rehearse as read_through
from workstation.backup.restoring import Wish
from workstation.backup.restoring import restore as build
from workstation.ceremony.enrolment import REQUEST_NAME
from workstation.commands.asking import ask_passphrase
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
    return [
        *_describe(done.contents),
        _("{conversations} gesprekken met {messages} berichten zijn terug, in {folder}.").format(
            conversations=done.conversations, messages=done.messages, folder=args.folder
        ),
        *_tell_broken(done.broken),
        *(_("Gesprek {name} stond niet in de reservekopie.").format(name=name) for name in done.unknown),
        "",
        _("Dit is een nieuwe werkplek met dezelfde wachtzin. Ze kan lezen, en antwoorden zodra ze op de lijst staat."),
        _("Breng dit bestand naar de beheerder van de lijst (het is niet geheim): {file}").format(
            file=args.folder / REQUEST_NAME
        ),
        _("Lees daarna deze acht woorden voor aan de telefoon. De beheerder moet precies dezelfde zien:"),
        "    " + " ".join(done.words),
        _("Vraag de beheerder in dezelfde keer de oude werkplek af te melden:"),
        f"    --retire={encode_b64u(done.contents.workstation)}",
        _("Vraag een collega welke gesprekken zijn ingetrokken sinds {day}; zie de handleiding.").format(
            day=done.contents.day
        ),
    ]


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
