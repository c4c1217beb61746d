"""Letters: what a mail server is handed, what its refusals mean, and that a letter goes once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot.channels.smtp import MailChannel, compose
from bot.outbox import Sender
from domain.messages import Document, Letter, Outbound, SendError, SendFailure
from domain.people import MAIL, AddressStatus, Urn
from scheduler import briefing, digesting, packing
from storage import contacts, holds, programmes
from storage.programme_file import ProgrammeError, parse_programme, sample_text
from tests.doubles.mail_server import Postbox, mail_server
from tests.rig import Rig

MONDAY = datetime(2026, 11, 9, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 9, 8, 1, tzinfo=UTC)
LETTER = Letter("Digest", '<p>Hello</p><img src="cid:picture" alt="Digest">')
OUTBOUND = Outbound(7, Urn(MAIL, "efua@example.org"), "Digest\nHello", picture=b"\x89PNG", letter=LETTER)


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with mail_server() as found:
        yield found


def channel(postbox: Postbox, timeout: float = 5) -> MailChannel:
    return MailChannel("127.0.0.1", postbox.port, "Kumbusha <digest@example.org>", starttls=False, timeout=timeout)


def failure(postbox: Postbox, timeout: float = 5) -> SendError:
    with pytest.raises(SendError) as caught:
        asyncio.run(channel(postbox, timeout).send(OUTBOUND, NOW))
    return caught.value


def with_email(**people: str) -> str:
    """Return the sample programme with e-mail addresses for some of its people."""
    text = sample_text()
    for key, address in people.items():
        text = re.sub(rf"(\n  {key}:\n    name: [^\n]+\n)", rf'\1    email: "{address}"\n', text)
    return text


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    text = with_email(efua="efua@example.org", grace="grace@example.org", salima="salima@example.org")
    made = Rig.on(f"sqlite:///{tmp_path}/mail.sqlite", text, MONDAY - timedelta(days=3))
    yield made
    made.close()


def post(rig: Rig, postbox: Postbox) -> list[EmailMessage]:
    """Send the letters that are due, and return what the server has."""
    sender = Sender(rig.db, {MAIL: channel(postbox)}, lambda: rig.now)

    async def drain() -> None:
        while await sender.send_due():
            pass

    asyncio.run(drain())
    return postbox.letters


def part(letter: EmailMessage, kind: str) -> str:
    found = letter.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_letter_has_text_html_and_the_picture_inside(postbox: Postbox) -> None:
    asyncio.run(channel(postbox).send(OUTBOUND, NOW))
    (letter,) = postbox.letters
    assert postbox.receivers == ["efua@example.org"]
    assert (letter["Subject"], letter["Auto-Submitted"]) == ("Digest", "auto-generated")
    assert part(letter, "plain").split() == ["Digest", "Hello"]
    assert "cid:picture" in part(letter, "html")
    pictures = [p for p in letter.walk() if p.get_content_type() == "image/png"]
    assert [(p["Content-ID"], p.get_content()) for p in pictures] == [("<picture>", b"\x89PNG")]


def test_a_document_is_attached(postbox: Postbox) -> None:
    message = Outbound(8, OUTBOUND.urn, "Pack", letter=LETTER, document=Document("pack.pdf", b"%PDF-1"))
    asyncio.run(channel(postbox).send(message, NOW))
    (attached,) = postbox.letters[0].iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("pack.pdf", "application/pdf")
    assert attached.get_content() == b"%PDF-1"


def test_the_same_letter_is_known_by_its_message_id_and_another_is_not() -> None:
    first, again = compose(OUTBOUND, "a@example.org", NOW), compose(OUTBOUND, "a@example.org", NOW + timedelta(hours=1))
    other = compose(Outbound(8, OUTBOUND.urn, OUTBOUND.text), "a@example.org", NOW)
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["Message-ID"].endswith("@example.org>")


@pytest.mark.parametrize(
    ("rcpt", "data", "failed"),
    [
        ("450 mailbox busy", "", SendFailure.RETRYABLE),
        ("550 no such user", "", SendFailure.PERMANENT),
        ("550 5.1.1 no such user", "", SendFailure.PERMANENT),
        ("552 5.2.2 mailbox full", "", SendFailure.RETRYABLE),
        ("", "452 no room", SendFailure.RETRYABLE),
        ("", "554 looks like spam", SendFailure.REJECTED),
    ],
)
def test_a_refusal_says_whether_to_try_again(postbox: Postbox, rcpt: str, data: str, failed: SendFailure) -> None:
    postbox.rcpt, postbox.data = rcpt, data
    assert failure(postbox).failure is failed
    assert postbox.letters == []


@pytest.mark.parametrize("rcpt", ["554 5.7.1 Relay access denied", "554 no relay", "530 5.7.0 sign in first"])
def test_a_server_that_will_not_have_us_costs_nobody_their_address(rig: Rig, postbox: Postbox, rcpt: str) -> None:
    postbox.rcpt = rcpt
    rig.now = MONDAY
    rig.db.work(digesting.send_digests, rig.now)
    assert post(rig, postbox) == []
    assert rig.contact("grace").email is not None
    (held,) = rig.db.work(holds.held, rig.now)
    assert (held.scheme, held.broken) == (MAIL, True)
    postbox.rcpt = ""
    rig.now += timedelta(minutes=11)
    assert "grace@example.org" in {letter["To"] for letter in post(rig, postbox)}


def test_what_a_server_says_of_somebody_is_not_kept(postbox: Postbox) -> None:
    postbox.rcpt = "550 5.1.1 <efua@example.org>: no such user"
    assert failure(postbox).reason == "550 5.1.1"


def test_an_address_that_was_refused_once_works_again_when_the_file_is_loaded(rig: Rig) -> None:
    rig.db.work(contacts.mark_address, Urn(MAIL, "grace@example.org"), AddressStatus.UNREACHABLE)
    assert rig.contact("grace").email is None
    rig.db.work(programmes.install, with_email(grace="grace@example.org"), rig.now)
    assert rig.contact("grace").email is not None


def test_a_server_that_takes_a_letter_and_does_not_say_so_leaves_it_unknown(postbox: Postbox) -> None:
    postbox.silent = True
    assert failure(postbox, timeout=0.5).failure is SendFailure.UNKNOWN
    assert len(postbox.letters) == 1


def test_a_server_that_is_not_there_holds_all_letters() -> None:
    with mail_server() as gone:
        pass
    error = failure(gone)
    assert (error.failure, error.hold_channel) == (SendFailure.RETRYABLE, True)


def test_a_letter_whose_outcome_is_unknown_goes_again_under_the_same_id(rig: Rig, postbox: Postbox) -> None:
    rig.now = MONDAY
    rig.db.work(digesting.send_digests, rig.now)
    postbox.silent = True
    sender = Sender(rig.db, {MAIL: channel(postbox, timeout=0.5)}, lambda: rig.now)
    asyncio.run(sender.send_due())
    postbox.silent = False
    rig.now += timedelta(minutes=3)
    asyncio.run(sender.settle_doubts())
    letters = post(rig, postbox)
    assert len(letters) >= 2
    assert len({letter["Message-ID"] for letter in letters if letter["To"] == "efua@example.org"}) == 1


def test_a_digest_goes_by_mail_too_once_in_the_readers_language(rig: Rig, postbox: Postbox) -> None:
    rig.says("ama", "REP ANC1 412/615 ABS 12 APR 80 YAW 5")
    rig.now = MONDAY
    for hours in (0, 1, 2):
        rig.db.work(digesting.send_digests, rig.now + timedelta(hours=hours))
    letters = post(rig, postbox)
    by_reader = {letter["To"]: letter for letter in letters}
    assert sorted(letter["To"] for letter in letters) == ["efua@example.org", "grace@example.org", "salima@example.org"]
    assert "Weekly digest, Oct 2026" in by_reader["efua@example.org"]["Subject"]
    assert "ANC1" in part(by_reader["efua@example.org"], "html")
    assert 'lang="sw"' in part(by_reader["salima@example.org"], "html")
    assert not by_reader["salima@example.org"]["Subject"].startswith("Weekly digest")


def test_html_needs_nothing_from_elsewhere(rig: Rig, postbox: Postbox) -> None:
    rig.now = MONDAY
    rig.db.work(digesting.send_digests, rig.now)
    for letter in post(rig, postbox):
        html = part(letter, "html")
        assert re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?!cid:)[^"\')]+', html) == []
        assert "<script" not in html


def test_what_people_wrote_cannot_break_html(rig: Rig, postbox: Postbox) -> None:
    rig.says("ama", "D- <b>no</b> fuel & <img src=x>")
    rig.now = MONDAY
    rig.db.work(digesting.send_digests, rig.now)
    html = part(next(found for found in post(rig, postbox) if found["To"] == "efua@example.org"), "html")
    assert "&lt;b&gt;no&lt;/b&gt; fuel &amp;" in html
    assert "<img src=x>" not in html


def test_an_address_that_is_gone_is_not_written_to_again_and_nothing_goes_by_sms_for_it(
    rig: Rig, postbox: Postbox
) -> None:
    postbox.rcpt = "550 no such user"
    rig.now = MONDAY
    rig.db.work(digesting.send_digests, rig.now)
    assert post(rig, postbox) == []
    grace = rig.contact("grace")
    assert [a.status for a in grace.addresses if a.urn.scheme == MAIL] == [AddressStatus.UNREACHABLE]
    assert (grace.email, grace.reachable) == (None, True)
    rig.deliver()
    assert len([m for m in rig.sent if m.urn == rig.urn("grace")]) == 1


def test_who_stopped_gets_no_letters(rig: Rig, postbox: Postbox) -> None:
    rig.says("efua", "STOP")
    rig.now = MONDAY
    rig.db.work(digesting.send_digests, rig.now)
    assert "efua@example.org" not in [letter["To"] for letter in post(rig, postbox)]


def test_an_email_address_is_never_asked_anything(rig: Rig) -> None:
    efua = rig.contact("efua")
    assert efua.address() == rig.urn("efua", "telegram")
    assert efua.email == Urn(MAIL, "efua@example.org")
    assert efua.address(MAIL) != efua.email


def test_a_programme_loaded_again_changes_the_address(rig: Rig) -> None:
    rig.db.work(programmes.install, with_email(efua="new@example.org"), rig.now)
    assert rig.contact("efua").email == Urn(MAIL, "new@example.org")
    assert rig.contact("grace").email is None


@pytest.mark.parametrize("wrong", ["efua", "efua@example", "efua example.org", "efua@exa mple.org"])
def test_a_wrong_address_is_named_with_its_line(wrong: str) -> None:
    with pytest.raises(ProgrammeError, match="is not an e-mail address"):
        parse_programme(with_email(efua=wrong))


def test_two_people_do_not_share_an_address() -> None:
    with pytest.raises(ProgrammeError, match="each has their own"):
        parse_programme(with_email(efua="one@example.org", grace="one@example.org"))


def test_the_brief_of_the_month_goes_by_mail_with_a_paragraph_for_each_group(rig: Rig, postbox: Postbox) -> None:
    rig.says("ama", "REP ANC1 412/615 ABS 12 APR 80 YAW 5")
    rig.now = datetime(2026, 11, 10, 9, tzinfo=UTC)
    rig.db.work(briefing.send_briefs, rig.now)
    (letter,) = post(rig, postbox)
    assert letter["To"] == "grace@example.org"
    for number in (1, 2, 3):
        assert f"District group {number}" in part(letter, "plain")


def test_a_pack_goes_by_mail_as_a_document(rig: Rig, postbox: Postbox) -> None:
    rig.says("efua", "PACK Q3")
    rig.now += timedelta(minutes=1)
    rig.db.work(packing.send_packs, rig.now)
    (letter,) = post(rig, postbox)
    (attached,) = letter.iter_attachments()
    assert attached.get_filename() == "group1-2026-Q3.pdf"
    assert bytes(attached.get_content()).startswith(b"%PDF")
