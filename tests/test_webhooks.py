"""Webhooks over a real socket: signed or refused, taken once, stored before they are answered."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from sqlalchemy import func, select, text
from starlette.applications import Starlette
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels.updates import SECRET_HEADER
from domain.messages import Receipt, Status
from storage import claims, outbox
from storage.database import Database
from storage.models import InboundRow, OutboundRow, ProgrammeRow
from tests.rig import START, Rig
from tests.serving import serving
from web import bodies
from web.app import create_app

PAYLOADS = Path(__file__).parent / "payloads"
PUBLIC_URL, AUTH_TOKEN, TELEGRAM_SECRET = "https://kumbusha.example", "twilio-token", "telegram-secret"
AMA_TELEGRAM = 700011
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Site:
    """The application on its socket, as the providers reach it."""

    rig: Rig
    http: httpx.Client
    pressed: SimpleQueue[str]

    def sms(self, form: dict[str, str], path: str = "/sms", token: str = AUTH_TOKEN) -> httpx.Response:
        """Post a form as Twilio does, signed for our public address."""
        signature = RequestValidator(token).compute_signature(PUBLIC_URL + path, form)
        headers = {**FORM, "X-Twilio-Signature": signature}
        return self.http.post(path, content=urlencode(form), headers=headers)

    def update(self, update: Any, secret: str = TELEGRAM_SECRET) -> httpx.Response:
        """Post an update as Telegram does."""
        content = update if isinstance(update, bytes) else json.dumps(update).encode()
        return self.http.post("/telegram", content=content, headers={SECRET_HEADER: secret})

    def stored(self) -> tuple[int, int]:
        """Return how many messages came in, and how many parts were queued."""
        with self.rig.db.begin() as db:
            counts = [db.scalar(select(func.count()).select_from(table)) for table in (InboundRow, OutboundRow)]
        return counts[0] or 0, counts[1] or 0


@pytest.fixture
def site(rig: Rig) -> Iterator[Site]:
    pressed = SimpleQueue[str]()

    async def on_button(callback_id: str) -> None:
        pressed.put(callback_id)

    app = create_app(
        rig.db,
        lambda: rig.now,
        telegram_secret=TELEGRAM_SECRET,
        twilio=(AUTH_TOKEN, PUBLIC_URL),
        on_button=on_button,
    )
    with serving(app) as url, httpx.Client(base_url=url) as http:
        yield Site(rig, http, pressed)


def sms(rig: Rig, text: str, sid: str = "SM1") -> dict[str, str]:
    return {"MessageSid": sid, "From": rig.urn("ama", "tel").path, "To": "+15005550006", "Body": text}


def telegram_update(name: str, chat: int = AMA_TELEGRAM) -> dict[str, Any]:
    raw = (PAYLOADS / "telegram" / f"{name}.json").read_text().replace(": 7001,", f": {chat},")
    update: dict[str, Any] = json.loads(raw)
    return update


def test_a_signed_sms_is_stored_and_answered_once(site: Site) -> None:
    answer = site.sms(sms(site.rig, " REP ANC1 412/615 ABS 12 "))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert "<Response/>" in answer.text
    assert "Message" not in answer.text
    site.rig.deliver()
    assert ["ANC1 67%" in message.text for message in site.rig.sent] == [True]
    with site.rig.db.begin() as db:
        assert db.scalars(select(InboundRow.text)).one() == " REP ANC1 412/615 ABS 12 "


def test_a_repeated_sms_has_no_second_answer(site: Site) -> None:
    form = sms(site.rig, "DUE")
    assert [site.sms(form).status_code for _n in range(3)] == [200, 200, 200]
    assert site.stored() == (1, 1)


def test_an_empty_sms_passes_its_signature(site: Site) -> None:
    assert site.sms(sms(site.rig, "")).status_code == 200


@pytest.mark.parametrize("path", ["/sms", "/sms/status"])
def test_a_wrong_signature_is_refused_and_nothing_is_stored(site: Site, path: str) -> None:
    assert site.sms(sms(site.rig, "DUE"), path, token="another token").status_code == 403
    assert site.http.post(path, content=urlencode(sms(site.rig, "DUE")), headers=FORM).status_code == 403
    assert site.stored() == (0, 0)


def test_forwarded_headers_do_not_choose_the_signed_address(site: Site) -> None:
    form = sms(site.rig, "DUE")
    signature = RequestValidator(AUTH_TOKEN).compute_signature("https://elsewhere.example/sms", form)
    headers = {**FORM, "X-Twilio-Signature": signature, "X-Forwarded-Host": "elsewhere.example"}
    headers |= {"X-Forwarded-Proto": "https", "Host": "elsewhere.example"}
    assert site.http.post("/sms", content=urlencode(form), headers=headers).status_code == 403


def test_a_signed_form_without_its_fields_is_a_bad_request(site: Site) -> None:
    assert site.sms({"MessageSid": "SM1"}).status_code == 400
    assert site.sms({"MessageSid": "SM1", "MessageStatus": "dancing"}, "/sms/status").status_code == 400


def test_a_status_callback_moves_the_row_forward_only(site: Site) -> None:
    site.sms(sms(site.rig, "DUE"))
    row_id = _hand_over(site.rig.db, site.rig, "SM77")
    # Twilio signs the address with the query that we gave it.
    path = f"/sms/status?id={row_id}"
    for news, expected in (("delivered", "delivered"), ("sent", "delivered")):
        assert site.sms({"MessageSid": "SM77", "MessageStatus": news}, path).status_code == 204
        assert _status(site.rig.db, row_id) == expected


def _hand_over(db: Database, rig: Rig, sid: str) -> int:
    with db.begin() as session:
        (claimed,) = claims.claim(session, rig.now, 1, ("tel",))
        outbox.sent(session, claimed.message.id, Receipt(sid, Status.WIRED), rig.now)
    return claimed.message.id


def _status(db: Database, row_id: int) -> str:
    with db.begin() as session:
        return session.get_one(OutboundRow, row_id).status


def test_news_of_a_message_that_is_not_ours_is_taken_quietly(site: Site) -> None:
    assert site.sms({"MessageSid": "SM0", "MessageStatus": "sent"}, "/sms/status").status_code == 204


def test_a_telegram_update_is_stored_and_a_repeated_one_changes_nothing(site: Site) -> None:
    update = telegram_update("text")
    assert [site.update(update).status_code for _n in range(2)] == [200, 200]
    assert site.stored() == (1, 1)


def test_a_button_press_is_stored_and_its_spinner_stopped(site: Site) -> None:
    assert site.update(telegram_update("button")).status_code == 200
    with site.rig.db.begin() as db:
        row = db.scalars(select(InboundRow)).one()
        assert (row.kind, row.ticket, row.text, row.received_at) == ("button", 12, "yes", site.rig.now)
    # The spinner is stopped after Telegram has its answer, so it may take a moment.
    assert site.pressed.get(timeout=10) == "4382bfdwdsb323b2d9"
    assert site.pressed.empty()


def test_an_update_that_is_nothing_for_us_is_confirmed(site: Site) -> None:
    assert site.update({"update_id": 5}).status_code == 200
    assert site.stored() == (0, 0)


@pytest.mark.parametrize("secret", ["", "telegram-secreT"])
def test_a_wrong_secret_is_refused_and_nothing_is_stored(site: Site, secret: str) -> None:
    assert site.update(telegram_update("text"), secret).status_code == 403
    assert site.stored() == (0, 0)


def test_an_update_that_cannot_be_read_is_named_and_does_not_come_again(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    unreadable = {"update_id": 9, "message": {"text": "a private word"}}
    assert site.update(unreadable, "telegram-secreT").status_code == 403
    assert site.update(unreadable).status_code == 200
    assert site.stored() == (0, 0)
    assert vars(caplog.records[-1])["update_id"] == 9
    assert "private" not in caplog.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"[" * 100_000, b"\xff"])
def test_a_malformed_update_is_a_bad_request(site: Site, body: bytes) -> None:
    assert site.update(body).status_code == 400
    assert site.stored() == (0, 0)


def test_more_than_anybody_has_to_send_is_refused(site: Site) -> None:
    assert site.update(b" " * 300_000).status_code == 413


def test_nothing_that_was_posted_is_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.sms(sms(site.rig, "a private word"), token="another token")
    assert "/sms refused with 403: wrong signature" in caplog.text
    assert "private" not in caplog.text
    assert "+2332" not in caplog.text


def test_it_says_that_it_is_up_and_ready(site: Site) -> None:
    assert (site.http.get("/healthz").status_code, site.http.get("/readyz").status_code) == (200, 200)
    with site.rig.db.begin() as db:
        db.query(ProgrammeRow).delete()
    assert (site.http.get("/healthz").status_code, site.http.get("/readyz").status_code) == (200, 503)


def test_it_is_not_ready_with_a_programme_that_its_secret_does_not_open(site: Site) -> None:
    with site.rig.db.begin() as db:
        db.execute(text("update programmes set text = :other, digest = 'other'"), {"other": bytes(80)})
    answer = site.http.get("/readyz")
    assert (answer.status_code, "is KUMBUSHA_SECRET" in answer.text) == (503, True)


def test_it_is_not_ready_without_its_tables(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/empty.sqlite", "a secret that is only for tests")
    with serving(create_app(db, lambda: START)) as url:
        answer = httpx.get(f"{url}/readyz")
    assert (answer.status_code, "kumbusha db upgrade" in answer.text) == (503, True)
    db.close()


def test_a_webhook_exists_only_when_its_channel_is_configured(sqlite_rig: Rig) -> None:
    app: Starlette = create_app(sqlite_rig.db, lambda: sqlite_rig.now)
    with serving(app) as url, httpx.Client(base_url=url) as http:
        assert {http.post(path).status_code for path in ("/telegram", "/sms", "/sms/status")} == {404}
        assert {http.get(path).status_code for path in ("/", "/demo/state", "/static/demo.js")} == {404}


def test_the_captured_form_of_twilio_is_taken(site: Site) -> None:
    raw = (PAYLOADS / "twilio" / "inbound_unicode.txt").read_text().removesuffix("\n")
    assert site.sms(dict(parse_qsl(raw, keep_blank_values=True))).status_code == 200


def rude(site: Site, head: bytes, body: bytes = b"", hang_up: bool = False) -> bytes:
    """Post raw bytes as a client of bad manners does, and return the first line of the answer."""
    host, port = site.http.base_url.host, site.http.base_url.port or 0
    with socket.create_connection((host, port), timeout=15) as line:
        line.sendall(head + b"\r\n\r\n" + body)
        if hang_up:
            return b""
        return line.recv(4096).split(b"\r\n", 1)[0]


POST = f"POST /telegram HTTP/1.1\r\nHost: x\r\n{SECRET_HEADER}: {TELEGRAM_SECRET}\r\nContent-Length: ".encode()


def test_a_body_that_says_it_is_huge_is_refused_before_it_comes(site: Site) -> None:
    assert b"413" in rude(site, POST + b"900000000")


def test_a_body_that_never_ends_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LONGEST_WAIT", 0.2)
    assert b"408" in rude(site, POST + b"500", b'{"update_id"')
    assert site.stored() == (0, 0)


def test_a_client_that_leaves_in_the_middle_leaves_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    rude(site, POST + b"500", b'{"update_id"', hang_up=True)
    assert site.update(telegram_update("text")).status_code == 200
    assert site.stored() == (1, 1)
    assert "Traceback" not in caplog.text


def test_a_form_with_too_many_fields_is_a_bad_request(site: Site) -> None:
    assert site.sms({f"field{n}": "x" for n in range(300)}).status_code == 400


def test_a_message_on_whatsapp_comes_to_an_address_of_its_own(site: Site) -> None:
    form = {**sms(site.rig, "DUE"), "From": "whatsapp:+233200000911", "To": "whatsapp:+15005550006"}
    assert [site.sms(form, "/whatsapp").status_code for _n in range(2)] == [200, 200]
    with site.rig.db.begin() as db:
        row = db.scalars(select(InboundRow)).one()
    assert (row.channel, row.urn) == ("whatsapp", "whatsapp:+233200000911")
