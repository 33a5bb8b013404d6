"""`python -m workstation`: the commands, their help, and where a person is told what happened."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from workstation.clock import read_clock
from workstation.commands import backups, ceremonies, daily, rosters
from workstation.demo.publish import publish
from workstation.demo.site import Site
from workstation.demo.team import make_keys
from workstation.errors import WorkstationError
from workstation.texts import LANGUAGES
from workstation.texts import translate as _

Command = Callable[[Namespace], Iterable[str]]
Commands = _SubParsersAction


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 (it says why) or 130 (interrupted)."""
    args = make_parser().parse_args(arguments)
    run: Command = args.run
    try:
        for line in run(args):
            _tell(line)
    except WorkstationError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        # The name of a folder that the person gave is no secret; what is in it might be, and is not in the error.
        text = _("De schijf of map kan niet worden gebruikt: {reason}.")
        print(text.format(reason=error.strerror or type(error).__name__), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _tell(line: str) -> None:
    print(line, flush=True)


def make_parser() -> ArgumentParser:
    """Return the parser of all commands."""
    parser = ArgumentParser(
        prog="python -m workstation",
        add_help=False,
        formatter_class=RawDescriptionHelpFormatter,
        description=_("De werkplek van een vertrouwenspersoon."),
        epilog=_(
            "In deze volgorde begint een team:\n"
            "  1. init root    de beheerder van de lijst maakt de hoofdsleutel, op een computer zonder netwerk\n"
            "  2. init enrol   elke vertrouwenspersoon maakt op de eigen computer sleutels\n"
            "  3. roster       de beheerder vergelijkt woorden aan de telefoon en tekent de lijst\n"
            "  4. card         elke werkplek neemt de lijst over\n"
            "  5. sync         de koerier brengt en haalt; daarna elke dag, of vanzelf met --every\n"
            "  6. desk         lezen en antwoorden, in de browser op deze computer\n"
            "  7. backup       elke week een reservekopie; `rehearse` probeert haar, `restore` zet haar terug\n"
            "Elke twaalf weken, en als iemand komt of gaat:\n"
            "     roster, dan op elke werkplek card, dan sync\n"
            "Als iemand anders de lijst gaat beheren:\n"
            "     succession   de hoofdsleutel wijst een opvolger aan\n"
            "Wekelijks:\n"
            "     doctor       is deze werkplek goed beschermd, en wat is er te doen\n"
        ),
    )
    _add_help(parser)
    commands = parser.add_subparsers(title=_("opdrachten"), required=True, metavar=_("opdracht"))
    _add_init(commands)
    _add_roster(commands)
    _add_succession(commands)
    _add_card(commands)
    _add_sync(commands)
    _add_desk(commands)
    _add_lock(commands)
    _add_backup(commands)
    _add_restore(commands)
    _add_doctor(commands)
    _add_demo(commands)
    return parser


def _add(commands: Commands[ArgumentParser], name: str, text: str, run: Command | None = None) -> ArgumentParser:
    command = commands.add_parser(name, help=text, description=text, add_help=False)
    _add_help(command)
    if run is not None:
        command.set_defaults(run=run)
    return command


def _add_help(command: ArgumentParser) -> None:
    command.add_argument("-h", "--help", action="help", help=_("laat deze uitleg zien"))


def _add_folder(command: ArgumentParser, text: str, option: str = "--folder") -> None:
    command.add_argument(option, type=Path, required=True, metavar="MAP", help=text)


def _add_passphrase(command: ArgumentParser) -> None:
    command.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="BESTAND",
        help=_("lees de wachtzin uit de eerste regel van dit bestand; anders wordt erom gevraagd"),
    )


def _add_init(commands: Commands[ArgumentParser]) -> None:
    init = _add(commands, "init", _("Maak sleutels: de hoofdsleutel (root) of die van een werkplek (enrol)."))
    kinds = init.add_subparsers(required=True, metavar="root|enrol")
    text = _("Maak de hoofdsleutel die de lijst van vertrouwenspersonen tekent. Doe dit één keer, zonder netwerk.")
    root = _add(kinds, "root", text, lambda args: ceremonies.init_root(args, read_clock()))
    _add_folder(root, _("nieuwe map voor de hoofdsleutel"))
    root.add_argument("--organisation", required=True, metavar="NAAM", help=_("kleine letters, cijfers en streepjes"))
    _add_passphrase(root)
    text = _("Maak de sleutels van deze werkplek, en een aanmelding voor de beheerder van de lijst.")
    enrol = _add(kinds, "enrol", text, lambda args: ceremonies.init_enrol(args, read_clock()))
    _add_folder(enrol, _("nieuwe map voor deze werkplek"))
    enrol.add_argument("--organisation", required=True, metavar="NAAM", help=_("dezelfde als bij `init root`"))
    enrol.add_argument(
        "--person", required=True, help=_("korte naam van uzelf, bijvoorbeeld anna; op al uw werkplekken gelijk")
    )
    enrol.add_argument("--name", required=True, help=_("uw naam zoals melders die zien"))
    text = _("waarmee u verbonden bent, bijvoorbeeld een gemeente of partij; mag vaker")
    enrol.add_argument("--affiliation", action="append", default=[], help=text)
    enrol.add_argument(
        "--root-key", required=True, metavar="SLEUTEL", help=_("openbare sleutel die `init root` liet zien")
    )
    _add_passphrase(enrol)


def _add_roster(commands: Commands[ArgumentParser]) -> None:
    text = _("Teken een nieuwe lijst van vertrouwenspersonen (dertien weken geldig) en maak het uitdeelbestand.")
    command = _add(commands, "roster", text, lambda args: rosters.roster(args, read_clock()))
    _add_folder(command, _("map met de hoofdsleutel"), "--root")
    text = _("aanmelding van een werkplek; mag vaker")
    command.add_argument("--request", type=Path, action="append", default=[], metavar="BESTAND", help=text)
    text = _("meld deze werkplek af: de korte naam, of het nummer van 43 tekens op de lijst; mag vaker")
    command.add_argument("--retire", action="append", default=[], metavar="NAAM", help=text)
    text = _("opvolging.json van de vorige beheerder: ga met deze hoofdsleutel verder waar die ophield")
    command.add_argument("--succession", type=Path, metavar="BESTAND", help=text)
    text = _("een eerder uitdeelbestand, als deze map ouder is dan de laatste lijst")
    command.add_argument("--previous", type=Path, metavar="BESTAND", help=text)
    text = _("keyset.json uit een gedeelde map, met de nieuwste weekkaarten")
    command.add_argument("--keyset", type=Path, metavar="BESTAND", help=text)
    text = _("waar het uitdeelbestand komt; anders in de map van de hoofdsleutel")
    command.add_argument("--out", type=Path, metavar="BESTAND", help=text)
    text = _("vraag niets: de woorden zijn al aan de telefoon vergeleken")
    command.add_argument("--compared", action="store_true", help=text)
    _add_passphrase(command)


def _add_succession(commands: Commands[ArgumentParser]) -> None:
    text = _("Wijs een opvolger aan. Daarna tekent deze hoofdsleutel niets meer.")
    command = _add(commands, "succession", text, lambda args: rosters.succession(args, read_clock()))
    _add_folder(command, _("map met de hoofdsleutel die ophoudt"), "--root")
    text = _("openbare sleutel die `init root` aan de opvolger liet zien")
    command.add_argument("--to", required=True, metavar="SLEUTEL", help=text)
    text = _("waar het bestand voor de opvolger komt; anders in de map van de hoofdsleutel")
    command.add_argument("--out", type=Path, metavar="BESTAND", help=text)
    text = _("vraag niets: de woorden zijn al aan de telefoon vergeleken")
    command.add_argument("--compared", action="store_true", help=text)
    _add_passphrase(command)


def _add_card(commands: Commands[ArgumentParser]) -> None:
    text = _("Neem een uitdeelbestand over, vernieuw de weekkaarten en bevestig de lijst voor deze week.")
    command = _add(commands, "card", text, lambda args: ceremonies.card(args, read_clock()))
    _add_folder(command, _("map van deze werkplek"))
    _add_folder(command, _("map die u met de koerier deelt; mag een USB-stick zijn"), "--spool")
    command.add_argument(
        "--handout", type=Path, metavar="BESTAND", help=_("uitdeelbestand van de beheerder van de lijst")
    )
    text = _("schrijf hier de sleutel waarmee de koerier mag ophalen en brengen")
    command.add_argument("--credential-file", type=Path, metavar="BESTAND", help=text)
    _add_passphrase(command)


def _add_sync(commands: Commands[ArgumentParser]) -> None:
    text = _("Koerier: haal nieuwe berichten op en breng antwoorden weg. Ziet alleen versleutelde gegevens.")
    command = _add(commands, "sync", text, lambda args: daily.sync(args, read_clock, _tell))
    _add_folder(command, _("map die u met het bureau deelt"), "--spool")
    command.add_argument("--portal", required=True, metavar="ADRES", help=_("adres van het portaal, https://…"))
    text = _("bestand met de koerierssleutel, gemaakt door `card --credential-file`")
    command.add_argument("--credential-file", type=Path, required=True, metavar="BESTAND", help=text)
    text = _("blijf dit elke zoveel seconden doen; anders één keer")
    command.add_argument("--every", type=_seconds, metavar="SECONDEN", help=text)
    text = _(
        "wacht hoogstens zo lang tussen twee antwoorden, zodat niet te zien is welke bij elkaar horen (standaard 10)"
    )
    command.add_argument("--pause", type=_seconds, default=10.0, metavar="SECONDEN", help=text)


def _add_desk(commands: Commands[ArgumentParser]) -> None:
    text = _("Open het bureau: lezen en antwoorden in de browser op deze computer. Gebruikt geen netwerk.")
    command = _add(commands, "desk", text, _desk)
    _add_folder(command, _("map van deze werkplek"))
    _add_folder(command, _("map die u met de koerier deelt"), "--spool")
    command.add_argument("--port", type=_port, default=8001, help=_("poort op deze computer (standaard 8001)"))
    text = _("vergrendel het bureau na zoveel minuten waarin niets gebeurt, 1 tot 60 (standaard 10)")
    command.add_argument("--idle-minutes", type=_minutes, default=10, metavar="MINUTEN", help=text)
    text = _("taal van het bureau; anders wat u op het bureau zelf hebt gekozen")
    command.add_argument("--language", choices=sorted(LANGUAGES), default="", help=text)


def _add_lock(commands: Commands[ArgumentParser]) -> None:
    text = _("Vergrendel het bureau dat deze map open heeft. Voor de toets waarmee u uw scherm vergrendelt.")
    command = _add(commands, "lock", text, daily.lock)
    _add_folder(command, _("map van deze werkplek"))


def _add_backup(commands: Commands[ArgumentParser]) -> None:
    text = _("Maak een reservekopie van deze werkplek, in één versleuteld bestand. Vergrendel eerst het bureau.")
    command = _add(commands, "backup", text, lambda args: backups.backup(args, read_clock(), _tell))
    _add_folder(command, _("map van deze werkplek"))
    text = _("nieuw bestand, liefst op een andere schijf")
    command.add_argument("--out", type=Path, required=True, metavar="BESTAND", help=text)
    _add_passphrase(command)
    text = _("Probeer een reservekopie: open alles wat erin staat. Er blijft niets achter op deze computer.")
    command = _add(commands, "rehearse", text, lambda args: backups.rehearse(args, _tell))
    _add_source(command)
    _add_passphrase(command)


def _add_restore(commands: Commands[ArgumentParser]) -> None:
    text = _("Zet een reservekopie terug als nieuwe werkplek. De beheerder van de lijst meldt die aan, en de oude af.")
    command = _add(commands, "restore", text, lambda args: backups.restore(args, read_clock(), _tell))
    _add_source(command)
    _add_folder(command, _("nieuwe map voor deze werkplek"))
    command.add_argument("--organisation", required=True, metavar="NAAM", help=_("dezelfde als bij `init root`"))
    text = _("laat dit gesprek weg: een collega ziet dat het is ingetrokken (zes tekens, zoals A1B-2C3); mag vaker")
    command.add_argument("--withdrawn", action="append", default=[], metavar="GESPREK", help=text)
    _add_passphrase(command)


def _add_source(command: ArgumentParser) -> None:
    text = _("de reservekopie")
    command.add_argument("--from", type=Path, required=True, metavar="BESTAND", dest="source", help=text)


def _add_doctor(commands: Commands[ArgumentParser]) -> None:
    text = _("Kijk wat deze werkplek beschermt en zeg wat er te doen is. Vraagt geen wachtzin en opent niets.")
    command = _add(commands, "doctor", text, lambda args: daily.doctor(args, read_clock()))
    _add_folder(command, _("map van deze werkplek"))
    text = _("map die u met de koerier deelt; zonder deze wordt daar niet naar gekeken")
    command.add_argument("--spool", type=Path, metavar="MAP", help=text)


def _add_demo(commands: Commands[ArgumentParser]) -> None:
    text = _("Maak een demo: drie vertrouwenspersonen en een melding. Niets daarvan is echt of geheim.")
    command = _add(commands, "demo", text, _demo)
    text = _("keys: sleutels maken (zonder portaal); publish: lijst en melding op een portaal zetten dat al draait")
    command.add_argument("step", choices=("keys", "publish"), help=text)
    _add_folder(command, _("map voor de demo"))
    text = _("bij publish: adres van het portaal (standaard http://127.0.0.1:8000)")
    command.add_argument("--portal", metavar="ADRES", default="http://127.0.0.1:8000", help=text)


def _demo(args: Namespace) -> Iterable[str]:
    site = Site(args.folder)
    return make_keys(site, read_clock()) if args.step == "keys" else publish(site, args.portal, read_clock())


def _desk(args: Namespace) -> Iterable[str]:
    # gunicorn is loaded by the desk only: the courier needs no server.
    from workstation.desk.serve import serve  # noqa: PLC0415
    from workstation.desk.service import Place  # noqa: PLC0415

    if not args.folder.is_dir():
        raise WorkstationError(_("In deze map staat geen sleutelbos. Klopt de map?"))
    yield _("Het bureau is open op http://127.0.0.1:{port}/ – stoppen met Ctrl+C.").format(port=args.port)
    serve(Place(args.folder, args.spool, args.port, args.idle_minutes, args.language), read_clock)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 7 * 24 * 3600:
        raise ArgumentTypeError(_("een aantal seconden, hoogstens een week"))
    return seconds


def _minutes(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 60:
        raise ArgumentTypeError(_("een heel getal van 1 tot 60"))
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise ArgumentTypeError(_("een getal van 1 tot 65535"))
    return int(text)
