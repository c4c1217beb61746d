"""Digests and briefs as e-mail: a subject, the same words as text, and HTML that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from bot.drawing import svg
from bot.render import Voice
from conversations.flows import brief_words, digest_words
from domain.briefs import Brief
from domain.comparing import Row
from domain.digests import Digest
from domain.district_digest import DistrictDigest
from domain.messages import Letter
from domain.programme import Programme
from domain.text import Text, _, plain

PICTURE = "cid:picture"  # how HTML names the picture that travels in the same letter
BODY = f"margin:0;padding:0;background:#ffffff;color:{svg.INK};font:16px/1.5 {svg.FAMILY.replace(chr(34), '')}"
MUTED = f"color:{svg.MUTED};font-size:14px"
CELL = f"padding:7px 6px;border-top:1px solid {svg.RULE};vertical-align:top"


def digest_letter(found: Digest, programme: Programme, voice: Voice) -> tuple[Letter, str]:
    """Return the weekly digest as a letter, and its text."""
    title = _("Weekly digest, {period}", period=found.period)
    body = [
        _paragraphs(digest_words.counts(found), voice),
        _picture(title, voice),
        _listed(_("This week:"), found.todo, voice, ordered=True),
        *(_district(district, programme, voice) for district in found.districts),
        _diaries(found, programme, voice),
    ]
    return _letter(title, body, digest_words.digest_long(found, programme, voice.language), programme, voice)


def brief_letter(found: Brief, programme: Programme, voice: Voice) -> tuple[Letter, str]:
    """Return the monthly brief as a letter, and its text."""
    title = _("Monthly brief, {period}", period=found.period)
    body = [
        _paragraphs(brief_words.together(found), voice),
        _picture(title, voice),
        *(
            _heading(plain("{n}", n=group.name), voice) + _paragraphs([brief_words.paragraph(group)], voice)
            for group in found.groups
        ),
    ]
    return _letter(title, body, brief_words.brief_long(found), programme, voice)


def pack_letter(title: str, programme: Programme, voice: Voice) -> tuple[Letter, str]:
    """Return the letter that a meeting pack is enclosed in, and its text."""
    line = _("The meeting pack is enclosed: {title}.", title=title)
    return _letter(plain("{title}", title=title), [_paragraphs([line], voice)], (line,), programme, voice)


def _letter(
    title: Text, body: Iterable[str], lines: Iterable[Text], programme: Programme, voice: Voice
) -> tuple[Letter, str]:
    subject = f"{voice.words(title)} · {programme.name}"
    foot = _("To end these letters too, send STOP by SMS or Telegram.")
    html = (
        f'<!doctype html><html lang="{escape(voice.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(subject)}</title></head><body style="{BODY}">'
        '<div style="max-width:640px;margin:0 auto;padding:16px">'
        f'<h1 style="font-size:24px;line-height:1.25;margin:4px 0 2px">{escape(voice.words(title))}</h1>'
        f'<p style="{MUTED};margin:0 0 12px">{escape(programme.name)}</p>'
        f'{"".join(body)}<p style="{MUTED};margin-top:28px">{_said(foot, voice)}</p></div></body></html>'
    )
    return Letter(subject, html), "\n".join(voice.words(line).strip() for line in (*lines, foot))


def _said(text: Text, voice: Voice) -> str:
    return escape(voice.words(text).strip())


def _heading(text: Text, voice: Voice) -> str:
    return f'<h2 style="font-size:19px;line-height:1.3;margin:26px 0 6px">{_said(text, voice)}</h2>'


def _paragraphs(texts: Iterable[Text], voice: Voice) -> str:
    return "".join(f'<p style="margin:4px 0">{_said(text, voice)}</p>' for text in texts)


def _picture(title: Text, voice: Voice) -> str:
    return (
        f'<img src="{PICTURE}" alt="{_said(title, voice)}" width="600" '
        'style="width:100%;max-width:600px;height:auto;display:block;margin:14px 0;border:0">'
    )


def _listed(title: Text, texts: Iterable[Text], voice: Voice, ordered: bool = False) -> str:
    items = "".join(f'<li style="margin:4px 0">{_said(text, voice)}</li>' for text in texts)
    if not items:
        return ""
    kind = "ol" if ordered else "ul"
    return f'{_heading(title, voice)}<{kind} style="margin:4px 0;padding-left:24px">{items}</{kind}>'


def _district(district: DistrictDigest, programme: Programme, voice: Voice) -> str:
    rows = "".join(_row(row, programme, voice) for row in district.rows)
    table = (
        '<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="border-collapse:collapse">'
        f"{rows}</table>"
    )
    opened = "".join(
        f'<li style="margin:3px 0">{_said(text, voice)}</li>' for text in digest_words.open_lines(district)
    )
    return (
        _heading(digest_words.district_head(district), voice)
        + (table if rows else "")
        + (f'<ul style="margin:6px 0;padding-left:22px">{opened}</ul>' if opened else "")
    )


def _row(row: Row, programme: Programme, voice: Voice) -> str:
    """Return one number: sign, name and what it is compared to on the left, the number large on the right."""
    mark = f'<span style="color:{svg.SHADES[row.colour]}">{digest_words.MARKS[row.colour]}</span>'
    name = escape(programme.indicators[row.code].name(voice.language))
    beside = escape(", ".join(voice.words(part) for part in digest_words.beside(row)))
    return (
        f'<tr><td width="20" style="{CELL}">{mark}</td>'
        f'<td style="{CELL}"><b>{escape(row.code)}</b> {name}<br><span style="{MUTED}">{beside}</span></td>'
        f'<td align="right" style="{CELL};font-size:19px;font-weight:bold;white-space:nowrap">'
        f"{escape(voice.shown(row.now))}</td></tr>"
    )


def _diaries(found: Digest, programme: Programme, voice: Voice) -> str:
    themes = [digest_words.theme_line(found, programme, voice.language)] if found.themes else []
    if found.summary:
        return _heading(_("From the diaries:"), voice) + _paragraphs(
            [*themes, *digest_words.summary_lines(found)], voice
        )
    quotes = "".join(
        f'<blockquote style="margin:8px 0;padding:2px 12px;border-left:4px solid {svg.RULE}">'
        f"{_said(digest_words.quote_line(quote), voice)}</blockquote>"
        for quote in found.quotes
    )
    if not themes and not quotes:
        return ""
    return _heading(_("From the diaries:"), voice) + _paragraphs(themes, voice) + quotes
