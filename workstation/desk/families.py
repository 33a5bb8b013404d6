"""Sharing with family in words: what stands beside a case, by the answer, and in the list."""

from __future__ import annotations

from dataclasses import dataclass

from crypto.sharing import covers
from workstation.cases.family import Family, is_silent, list_families
from workstation.cases.inbox import Conversation
from workstation.desk.letters import title
from workstation.desk.scopes import list_scopes, name_code
from workstation.desk.work import Work
from workstation.texts import translate as _


@dataclass(frozen=True, slots=True)
class CodeShown:
    """One family code beside the reporter's case. `link` and `title` name its own conversation, where there is one."""

    name: str
    sees: str
    warning: str
    link: str
    title: str


@dataclass(frozen=True, slots=True)
class FamilyShown:
    """What a conversation has to do with family. `of` is the reporter's, where this one is a family's; or nothing.

    `receives` are the codes that get what is answered now.
    """

    codes: tuple[CodeShown, ...] = ()
    receives: tuple[str, ...] = ()
    of: str = ""
    of_link: str = ""


def find_reporters(work: Work) -> dict[bytes, bytes]:
    """Return of each family conversation whose it is."""
    return {family.sharing.conversation: family.reporter for family in list_families(work.conversations)}


def show_family(work: Work, conversation: Conversation) -> FamilyShown:
    """Return what a conversation has to do with family."""
    families = list_families(work.conversations)
    own = sorted((f for f in families if f.reporter == conversation.id), key=lambda f: f.sharing.index)
    reporter = next((f.reporter for f in families if f.sharing.conversation == conversation.id), None)
    return FamilyShown(
        codes=tuple(_show(work, family) for family in own),
        receives=tuple(name_code(f.sharing.index) for f in own if f.followed and covers(f.scope, "team")),
        of="" if reporter is None else title(reporter),
        of_link="" if reporter is None else work.names.get(reporter, ""),
    )


def _show(work: Work, family: Family) -> CodeShown:
    known = work.conversations.get(family.sharing.conversation)
    is_answered = known is not None and not is_silent(known)
    return CodeShown(
        name=name_code(family.sharing.index),
        sees=list_scopes()[family.scope],
        warning=_warn(work, family, is_known=known is not None),
        link=work.names.get(family.sharing.conversation, "") if is_answered else "",
        title=title(family.sharing.conversation),
    )


def _warn(work: Work, family: Family, *, is_known: bool) -> str:
    if family.scope == "none":
        return ""
    if family.sharing.conversation in work.keyring.state.withdrawn:
        return _("Dit gezinslid trok het gesprek in. Er gaat niets meer naartoe.")
    if not family.followed:
        return _("Er ontbreekt een bericht van de melder. Tot het er is, gaat er niets naar het gezin.")
    if not is_known:
        return _("Deze code is hier nog niet bekend. Bij een volgende synchronisatie wel.")
    return ""
