"""What facilitators and managers ask between digests: who is late, what is red, a nudge, the digest again."""

from __future__ import annotations

from conversations.flows.diary import SECTION_NAMES
from conversations.grammar import fold
from conversations.situation import Situation
from conversations.state import Question
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.digests import Digest, DistrictDigest, Row, weekly_digest
from domain.events import NoteWritten
from domain.indicators import Colour
from domain.messages import Say
from domain.text import Text, _, ngettext, plain


def digest_of(situation: Situation) -> Digest:
    """Compute the digest of the districts this person looks after."""
    return weekly_digest(situation.programme, situation.board, situation.today)


def digest(request: Request) -> Turn:
    """Send this week's digest again, as words."""
    situation = request.situation
    found = digest_of(situation)
    conversation = situation.conversation.asking(follow_up_menu(situation))
    return Turn("digest", conversation, "receipt", digest_message(found, situation.scheme))


def follow_up_menu(situation: Situation) -> Question:
    """Return what 1, 2 and 3 mean after a digest."""
    return Question("menu", situation.now, choices=("LATE", "RED", "PLANS"))


def digest_message(found: Digest, scheme: str) -> Say:
    """Return the digest for a channel: one segment on SMS, the whole on Telegram."""
    return Say(digest_short(found)) if scheme == "tel" else Say(digest_long(found))


def digest_short(found: Digest) -> tuple[Text, ...]:
    """Return the digest in one segment: counts, who is late, the worst number, and what to reply."""
    lines = [
        _(
            "Digest {period}: reports {in_}/{all}, diaries {diaries}/{all}, plans late {late}.",
            period=found.period,
            in_=len(found.complete),
            all=len(found.districts),
            diaries=found.diaries,
            late=found.late_activities,
        )
    ]
    if found.late:
        lines.append(_("LATE: {names}.", names=" ".join(d.name[:12] for d in found.late[:3])))
    if found.worst:
        lines.append(
            _(
                "RED: {district} {code} {value}.",
                district=found.worst.district[:12],
                code=found.worst.code,
                value=found.worst.now,
            )
        )
    lines.append(_("Reply 1 late, 2 red, 3 plans"))
    return tuple(lines)


def digest_long(found: Digest) -> tuple[Text, ...]:
    """Return the whole digest: completeness, what moved, diary quotes, the plan, and what to do this week in order."""
    lines = [
        _("Weekly digest, {period}", period=found.period),
        ngettext(
            "{done} of {n} district has reported in full.",
            "{done} of {n} districts have reported in full.",
            len(found.districts),
            done=len(found.complete),
        ),
    ]
    if found.late:
        lines.append(_("Due date of the reports: {day}.", day=found.open_until))
    detailed = len(found.districts) <= DETAILED
    for district in found.districts:
        lines += district_lines(district) if detailed else [district_line(district)]
    if found.quotes:
        lines.append(_("From the diaries:"))
        lines += [
            _(
                '"{words}" {writer}, {district} ({section})',
                words=q.words,
                writer=q.writer,
                district=q.district,
                section=SECTION_NAMES[q.section],
            )
            for q in found.quotes
        ]
    if found.todo:
        lines.append(_("This week:"))
        lines += [plain("{n}. {what}", n=n, what=what) for n, what in enumerate(found.todo, start=1)]
    return tuple(lines)


def district_line(district: DistrictDigest) -> Text:
    """Return a district in one line, for somebody who looks after many."""
    reds = [row for row in district.rows if row.colour is Colour.RED]
    mark = MARKS[Colour.RED] if reds else MARKS[Colour.GREY] if district.missing else MARKS[Colour.GREEN]
    parts: list[Text] = []
    if district.missing:
        parts.append(_("missing {codes}", codes=" ".join(district.missing)))
    parts += [plain("{code} {now}", code=row.code, now=row.now) for row in reds]
    waiting = len(district.stuck) + len(district.late)
    if waiting:
        parts.append(ngettext("{n} action late or stuck", "{n} actions late or stuck", waiting))
    return plain("{mark} {name}: {parts}", mark=mark, name=district.name, parts=tuple(parts or [_("complete")]))


DETAILED = 3  # districts shown number by number; who looks after more reads one line each
MARKS = {Colour.RED: "▲", Colour.AMBER: "◆", Colour.GREEN: "●", Colour.GREY: "○"}  # the shapes of the picture


def district_lines(district: DistrictDigest) -> list[Text]:
    """Return a district's own lines: is the report in, and each number with its colour, last month and target."""
    if district.missing:
        head = _("{name}: missing {codes}", name=district.name, codes=" ".join(district.missing))
    else:
        head = _("{name}: complete", name=district.name)
    rows = [plain("— {head}", head=head)]
    for row in district.rows:
        rows.append(_row_line(row))
        if row.flagged:
            rows.append(_("  {code} is unusual and was confirmed", code=row.code))
    rows += [
        _("• {key} {title}: stuck, {reason}", key=a.key, title=a.title, reason=a.reason or plain("-"))
        for a in district.stuck
    ]
    rows += [_("• {key} {title}: late, was due {day}", key=a.key, title=a.title, day=a.due_on) for a in district.late]
    return rows


def _row_line(row: Row) -> Text:
    mark = MARKS[row.colour]
    if row.before is None or row.wanted is None:
        return plain("{mark} {code} {now}", mark=mark, code=row.code, now=row.now)
    return _(
        "{mark} {code} {now} (was {before}, wanted {wanted})",
        mark=mark,
        code=row.code,
        now=row.now,
        before=row.before,
        wanted=row.wanted,
    )


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
    first = found.late[0].code[:3].upper()
    return Turn(
        "late", situation.conversation, "receipt", say(line, extra=(_("NUDGE {code} reminds them.", code=first),))
    )


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
    line = _("Late or stuck: {rows}.", rows=rows) if rows else _("No plan action is late or stuck.")
    return Turn("plan", situation.conversation, "receipt", say(line))


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
