"""Where a person stands: what is due, how a number moves, who they are here."""

from __future__ import annotations

from conversations.flows.join import NATIVE
from conversations.grammar import fold
from conversations.situation import Situation
from conversations.state import Question
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.calendar import due_day, working_day
from domain.diaries import SECTIONS
from domain.indicators import Direction
from domain.messages import Option
from domain.periods import ReportingPeriod
from domain.text import Text, _, ngettext, plain

VISITS = 2  # that a list of what is due names


def due(request: Request) -> Turn:
    """List what waits for this person, each with its date, to pick by number."""
    situation = request.situation
    lines = due_lines(situation)
    if not situation.contact.reports:
        none = _("Nothing is due from you. HELP shows what you can do.")
        return Turn("due", situation.conversation, "receipt", say(*lines or (none,)))
    if not lines:
        return Turn("due", situation.conversation, "receipt", say(all_done(situation)))
    _items, choices = due_items(situation)
    options = tuple(Option(word, label) for word, label in choices)
    menu = Question("menu", situation.now, choices=tuple(word for word, _label in choices))
    said = say(lines[0], options=options, shorter=tuple((line,) for line in lines[1:]))
    return Turn("due", situation.conversation.asking(menu), "receipt", said)


def due_lines(situation: Situation) -> tuple[Text, ...]:
    """Return what waits for this person in one line, and in a shorter one where there is one; none if nothing does."""
    visits = visits_ahead(situation)
    items = due_items(situation)[0] if situation.contact.reports else visits
    without = items[: len(items) - len(visits)]
    return tuple(_("Due: {items}.", items=tuple(some)) for some in ((items, without) if visits else (items,)) if some)


def due_items(situation: Situation) -> tuple[list[Text], list[tuple[str, Text]]]:
    """Return what is due as sentences, and (command, label) for each."""
    lines: list[Text] = []
    choices: list[tuple[str, Text]] = []
    if situation.missing:
        done = len(situation.due) - len(situation.missing)
        lines.append(
            _(
                "{period} report {done}/{all} (missing {codes}) by {day}",
                period=situation.period,
                done=done,
                all=len(situation.due),
                codes=" ".join(situation.missing),
                day=due_day(situation.period, situation.programme),
            )
        )
        choices.append(("REP", _("report")))
    written = {e.section for e in situation.diary if e.period == situation.period}
    if not written & set(SECTIONS):
        lines.append(_("diary {period}", period=situation.period))
        choices.append(("DIARY", _("diary")))
    open_ones = [a for a in situation.plan if a.open and a.owner == situation.contact.key]
    if open_ones:
        lines.append(ngettext("{n} plan action to update", "{n} plan actions to update", len(open_ones)))
        choices.append(("PLAN", _("plan")))
    if visits := visits_ahead(situation):
        lines += visits
        choices.append(("VISIT", _("visit")))
    return lines, choices


def visits_ahead(situation: Situation) -> list[Text]:
    """Return the next support visits that somebody has to do with: to their district, or to those they look after."""
    leads = not situation.contact.reports
    return [
        _(
            "visit {who} {day:day} {time}",
            who=situation.programme.districts[visit.district].name if leads else visit.by,
            day=visit.at,
            time=visit.at,
        )
        for visit in situation.visits[:VISITS]
    ]


def all_done(situation: Situation) -> Text:
    """Say that nothing is due, and when the next prompt comes."""
    following = working_day(situation.period.next().next(), 1, situation.programme.country)
    return _("Nothing is due: {period} is complete, thank you. Next on {day}.", period=situation.period, day=following)


def who(request: Request) -> Turn:
    """Tell the person who they are here and how we reach them."""
    situation = request.situation
    contact = situation.contact
    roles = {
        "focal": _("focal point"),
        "partner": _("partner"),
        "facilitator": _("facilitator"),
        "manager": _("programme manager"),
    }
    place = situation.district.name if contact.district else " ".join(contact.groups) or situation.programme.name
    schemes = tuple(
        plain("{s}", s={"tel": "SMS", "telegram": "Telegram", "whatsapp": "WhatsApp"}.get(a.urn.scheme, a.urn.scheme))
        for a in contact.addresses
    )
    line = _("You are {name}, {role}, {place}.", name=contact.name, role=roles[contact.role], place=place)
    reach = _(
        "We reach you by {channels}, in {language}.",
        channels=schemes,
        language=NATIVE.get(contact.language, contact.language),
    )
    more = (_("Change: LANG SW, LINK, STOP."),)
    return Turn("who", situation.conversation, "receipt", say(line, reach, extra=more))


def trend(request: Request) -> Turn:
    """Show the last months of an indicator against its target, and the group's average."""
    situation = request.situation
    codes = situation.district.indicators
    code = fold(request.words).upper().strip() or codes[0]
    if code not in codes:
        line = _("Send TREND and one of your codes: {codes}.", codes=" ".join(codes))
        return Turn("trend", situation.conversation, "question", say(line))
    indicator = situation.programme.indicators[code]
    last = situation.values.history(code, situation.period.next())[-5:]
    if not last:
        return Turn("trend", situation.conversation, "receipt", say(_("{code}: nothing reported yet.", code=code)))
    points = tuple(plain("{m} {v}", m=_month(p), v=measure) for p, measure in last)
    lines = [_("{code}: {points}.", code=code, points=points)]
    target = situation.district.targets.get(code)
    if target and target.direction is not Direction.WATCH:
        colour = target.colour(last[-1][1], last[-1][0])
        lines.append(_("Target {target}: {colour}.", target=target.value, colour=COLOUR_NAMES[colour.value]))
    average = group_average(code, last[-1][0], situation)
    if average is not None:
        lines.append(_("Group average {value}.", value=average))
    name = indicator.name(situation.contact.language)
    return Turn("trend", situation.conversation, "receipt", say(*lines, extra=(plain("{n}", n=name),)))


COLOUR_NAMES = {"red": _("RED"), "amber": _("AMBER"), "green": _("GREEN"), "grey": _("not coloured")}


def _month(period: ReportingPeriod) -> Text:
    return Text("{p:month}", {"p": period})


def group_average(code: str, period: ReportingPeriod, situation: Situation) -> float | None:
    """Return the mean of the group's districts, recomputed from counts where all have them; None below two."""
    measures = [m for values in situation.peers.values() if (m := values.measure(code, period)) is not None]
    if len(measures) < 2:
        return None
    if all(m.denominator for m in measures):
        total = sum(m.numerator or 0 for m in measures) / sum(m.denominator or 0 for m in measures)
        return round(100 * total, 1)
    return round(sum(m.value for m in measures) / len(measures), 1)
