"""What facilitators and managers ask between digests: who is late, what is red, a nudge, the digest again."""

from __future__ import annotations

from conversations.flows.digest_words import digest_message
from conversations.grammar import fold
from conversations.situation import Situation
from conversations.state import Question
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.digests import Digest, weekly_digest
from domain.events import NoteWritten
from domain.indicators import Colour
from domain.text import _, clipped, plain

NAME = 12  # characters of a district's name in a list of nine


def digest_of(situation: Situation) -> Digest:
    """Compute the digest of the districts this person looks after."""
    return weekly_digest(situation.programme, situation.board, situation.today)


def digest(request: Request) -> Turn:
    """Send this week's digest again, as words."""
    situation = request.situation
    found = digest_of(situation)
    conversation = situation.conversation.asking(follow_up_menu(situation))
    message = digest_message(found, situation.programme, situation.contact.language, situation.scheme)
    return Turn("digest", conversation, "receipt", message)


def follow_up_menu(situation: Situation) -> Question:
    """Return what 1, 2 and 3 mean after a digest."""
    return Question("menu", situation.now, choices=("LATE", "RED", "PLANS"))


def late(request: Request) -> Turn:
    """Say which districts have not reported, what is missing, and how to nudge."""
    situation = request.situation
    found = digest_of(situation)
    if not found.late:
        return Turn(
            "late",
            situation.conversation,
            "receipt",
            say(_("Nobody is late: all reports for {period} are in.", period=found.period)),
        )
    rows = tuple(_("{name} ({n} missing)", name=d.name, n=len(d.missing)) for d in found.late)
    line = _("Late {period}: {rows}.", period=found.period, rows=rows)
    brief = tuple(plain("{d} {n}", d=clipped(d.name, NAME), n=len(d.missing)) for d in found.late)
    short = _("Late {period}, values missing: {rows}.", period=found.period, rows=brief)
    nudge = _("NUDGE {code} reminds them.", code=found.late[0].code[:3].upper())
    return Turn("late", situation.conversation, "receipt", say(line, extra=(nudge,), shorter=((short,),)))


def red(request: Request) -> Turn:
    """Say which numbers are red, against what was wanted."""
    situation = request.situation
    found = digest_of(situation)
    rows = tuple(
        _("{district} {code} {now} (wanted {wanted})", district=d.name, code=r.code, now=r.now, wanted=r.wanted)
        for d in found.districts
        for r in d.rows
        if r.colour is Colour.RED
    )
    line = (
        _("RED {period}: {rows}.", period=found.period, rows=rows)
        if rows
        else _("Nothing is red in {period}.", period=found.period)
    )
    return Turn("rag", situation.conversation, "receipt", say(line))


def plans(request: Request) -> Turn:
    """Say which activities are late or stuck, with their owners."""
    situation = request.situation
    found = digest_of(situation)
    rows = tuple(
        _(
            "{district} {key} {title} ({owner})",
            district=d.name,
            key=a.key,
            title=a.called(20),
            owner=a.owner.title(),
        )
        for d in found.districts
        for a in (*d.stuck, *d.late)
    )
    if not rows:
        return Turn("plan", situation.conversation, "receipt", say(_("No plan action is late or stuck.")))
    brief = tuple(
        plain("{d} {keys}", d=clipped(d.name, NAME), keys=" ".join(a.key for a in (*d.stuck, *d.late)))
        for d in found.districts
        if d.stuck or d.late
    )
    lines = (_("Late or stuck: {rows}.", rows=rows), _("Late or stuck: {rows}.", rows=brief))
    return Turn("plan", situation.conversation, "receipt", say(lines[0], shorter=((lines[1],),)))


def rag(request: Request) -> Turn:
    """Count the colours over all districts this person sees, and name the worst."""
    situation = request.situation
    found = digest_of(situation)
    counts = {colour: sum(r.colour is colour for d in found.districts for r in d.rows) for colour in Colour}
    line = _(
        "{period}, districts: {n}. G {green} A {amber} R {red}. Reports complete {done}/{n}.",
        period=found.period,
        n=len(found.districts),
        green=counts[Colour.GREEN],
        amber=counts[Colour.AMBER],
        red=counts[Colour.RED],
        done=len(found.complete),
    )
    worst = [d for d in found.districts if any(r.colour is Colour.RED for r in d.rows)]
    names = " ".join(d.name for d in worst[:3])
    extra = (_("Red in: {names}.", names=names),) if names else ()
    return Turn("rag", situation.conversation, "receipt", say(line, extra=extra))


def nudge(request: Request) -> Turn:
    """Remind a district that is late, in the facilitator's name."""
    situation = request.situation
    wanted = fold(request.words).split(" ")[0]
    found = next(
        (
            d
            for d in digest_of(situation).districts
            if wanted and (d.code.startswith(wanted) or fold(d.name).startswith(wanted))
        ),
        None,
    )
    if found is None:
        return Turn(
            "nudge", situation.conversation, "question", say(_("Which district? Send e.g. NUDGE BRE. LATE lists them."))
        )
    if not found.missing:
        return Turn(
            "nudge",
            situation.conversation,
            "receipt",
            say(_("{name} has reported in full; no nudge sent.", name=found.name)),
        )
    if not found.reporters:
        line = _("No message reaches anybody in {district}: please call.", district=found.name)
        return Turn("nudge", situation.conversation, "receipt", say(line))
    words = _(
        "{name} asks for your {period} report. Still missing: {codes}. Send e.g. REP {code} 12",
        name=situation.contact.name,
        period=digest_of(situation).period,
        codes=" ".join(found.missing),
        code=found.missing[0],
    )
    tells = tuple(Tell(i, say(words), f"nudge:{found.code}:{situation.today}", once=True) for i in found.reporters)
    line = _("Nudge sent to {district}.", district=found.name)
    return Turn("nudge", situation.conversation, "receipt", say(line), (NoteWritten("nudge", found.code),), tells)
