"""The words of a digest: one segment, the whole, and the pieces that a letter lays out in its own way."""

from __future__ import annotations

from collections.abc import Mapping

from conversations.flows.diary import SECTION_NAMES
from domain.comparing import Row, Step
from domain.digests import Digest
from domain.district_digest import DistrictDigest
from domain.indicators import Colour
from domain.messages import Say
from domain.programme import Programme
from domain.quality import Quality
from domain.quotes import Quote
from domain.text import Text, _, ngettext, plain
from domain.themes import theme_name

DETAILED = 3  # districts shown number by number; who looks after more reads one line each
MARKS = {Colour.RED: "▲", Colour.AMBER: "◆", Colour.GREEN: "●", Colour.GREY: "○"}  # the shapes of the picture
STEPS: Mapping[Step, Text] = {Step.BETTER: _("better"), Step.WORSE: _("worse"), Step.SAME: _("same")}
QUALITIES: Mapping[Quality, Text] = {
    Quality.WAITING: _("unusual, waits for a yes"),
    Quality.QUERIED: _("asked about, no answer yet"),
    Quality.HELD: _("on hold, not counted"),
    Quality.UNUSUAL: _("unusual, was confirmed"),
    Quality.ROUND: _("often ends in 0 or 5"),
}


def digest_message(found: Digest, programme: Programme, language: str, scheme: str) -> Say:
    """Return the digest for a channel: one segment on SMS, the whole on Telegram."""
    if scheme != "tel":
        return Say(digest_long(found, programme, language))
    return Say(digest_short(found), shorter=(digest_short(found, in_time=False),))


def digest_short(found: Digest, in_time: bool = True) -> tuple[Text, ...]:
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
    if in_time:
        lines.append(_("In time {n}/{all}.", n=found.in_time, all=len(found.districts)))
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


def digest_long(found: Digest, programme: Programme, language: str) -> tuple[Text, ...]:
    """Return the whole digest: completeness, what moved, diaries, the plan, and what to do this week in order."""
    lines = [_("Weekly digest, {period}", period=found.period), *counts(found)]
    detailed = len(found.districts) <= DETAILED
    for district in found.districts:
        lines += district_lines(district) if detailed else [district_line(district)]
    if found.themes:
        lines.append(theme_line(found, programme, language))
    if found.summary:
        lines += summary_lines(found)
    elif found.quotes:
        lines.append(_("From the diaries:"))
        lines += [quote_line(quote) for quote in found.quotes]
    if found.todo:
        lines.append(_("This week:"))
        lines += [plain("{n}. {what}", n=n, what=what) for n, what in enumerate(found.todo, start=1)]
    return tuple(lines)


def counts(found: Digest) -> list[Text]:
    """Return how many districts have reported, how many of them in time, and until when there is time."""
    total = len(found.districts)
    lines = [
        ngettext(
            "{done} of {n} district has reported in full.",
            "{done} of {n} districts have reported in full.",
            total,
            done=len(found.complete),
        )
    ]
    if found.complete:
        lines.append(_("By the due day: {done} of {n}.", done=found.in_time, n=total))
    if found.late:
        lines.append(_("Due date of the reports: {day}.", day=found.open_until))
    return lines


def district_line(district: DistrictDigest) -> Text:
    """Return a district in one line, for somebody who looks after many."""
    mark = MARKS[Colour.RED] if district.reds else MARKS[Colour.GREY] if district.missing else MARKS[Colour.GREEN]
    parts: list[Text] = []
    if district.missing:
        parts.append(_("missing {codes}", codes=" ".join(district.missing)))
    parts += [_moved(row) for row in district.reds]
    waiting = len(district.stuck) + len(district.late)
    if waiting:
        parts.append(ngettext("{n} action late or stuck", "{n} actions late or stuck", waiting))
    if district.doubtful:
        parts.append(_("to check {codes}", codes=" ".join(d.code for d in district.doubtful)))
    return plain("{mark} {name}: {parts}", mark=mark, name=district.name, parts=tuple(parts or [_("complete")]))


def _moved(row: Row) -> Text:
    if row.step is None:
        return plain("{code} {now}", code=row.code, now=row.now)
    return plain("{code} {now} {step}", code=row.code, now=row.now, step=STEPS[row.step])


def district_lines(district: DistrictDigest) -> list[Text]:
    """Return a district's own lines: is the report in, each number with what it is compared to, the plan, doubts."""
    lines = [plain("— {head}", head=district_head(district))]
    lines += [row_line(row) for row in district.rows]
    lines += [plain("• {line}", line=line) for line in open_lines(district)]
    return lines


def district_head(district: DistrictDigest) -> Text:
    """Return a district's name, and whether its report is in and was in time."""
    if district.missing:
        return _("{name}: missing {codes}", name=district.name, codes=" ".join(district.missing))
    if district.in_time:
        return _("{name}: complete, in time", name=district.name)
    return _("{name}: complete, late", name=district.name)


def row_line(row: Row) -> Text:
    """Return a number with its mark, which way it went, and what it is compared to."""
    parts = tuple(beside(row))
    if not parts:
        return plain("{mark} {code} {now}", mark=MARKS[row.colour], code=row.code, now=row.now)
    return plain("{mark} {code} {now} ({parts})", mark=MARKS[row.colour], code=row.code, now=row.now, parts=parts)


def beside(row: Row) -> list[Text]:
    """Return what a number is compared to: the month before, the target, a year ago, the neighbours, the sexes."""
    parts: list[Text] = [STEPS[row.step]] if row.step else []
    if row.before is not None:
        parts.append(_("was {before}", before=row.before))
    if row.wanted is not None:
        parts.append(_("wanted {wanted}", wanted=row.goal))
    if row.year_ago is not None:
        parts.append(_("a year ago {before}", before=row.year_ago))
    if row.peers is not None:
        parts.append(_("others {middle}", middle=row.peers))
    if row.sexes is not None:
        parts.append(_("women {women}, men {men}", women=row.sexes[0], men=row.sexes[1]))
    return parts


def open_lines(district: DistrictDigest) -> list[Text]:
    """Return what is open in a district: doubtful numbers, words nobody answered, activities stuck or late."""
    lines = [plain("{code}: {why}", code=d.code, why=QUALITIES[d.why]) for d in district.doubtful]
    if district.threads:
        lines.append(_("no answer yet to {threads}", threads=" ".join(district.threads)))
    lines += [
        _("{key} {title}: stuck, {reason}", key=a.key, title=a.title, reason=a.reason or plain("-"))
        for a in district.stuck
    ]
    lines += [_("{key} {title}: late, was due {day}", key=a.key, title=a.title, day=a.due_on) for a in district.late]
    return lines


def theme_line(found: Digest, programme: Programme, language: str) -> Text:
    """Return what the diaries are about, with how often and whether that is new."""
    rows = tuple(
        (_("{theme} {n} (new)", theme=name, n=t.count) if t.new else plain("{theme} {n}", theme=name, n=t.count))
        for t in found.themes
        for name in (theme_name(t.key, programme.themes, language),)
    )
    return _("Diaries are about: {themes}.", themes=rows)


def summary_lines(found: Digest) -> list[Text]:
    """Return what a machine made of the diaries, with the numbers of the entries that bear it out."""
    head = _("The diaries in short, written by a machine and checked against them:")
    return [
        head,
        *(
            plain("{words} ({refs})", words=one.words, refs=" ".join(f"D{n}" for n in one.entry_ids))
            for one in found.summary
        ),
    ]


def quote_line(quote: Quote) -> Text:
    """Return somebody's words, who said them, where, and in which part of the diary."""
    return _(
        '"{words}" {writer}, {district} ({section})',
        words=quote.words,
        writer=quote.writer,
        district=quote.district,
        section=SECTION_NAMES[quote.section],
    )
