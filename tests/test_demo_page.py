"""The demo page: its data over HTTP, and the page itself in a browser."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.channels.console import ConsoleChannel
from bot.clock import MovedClock
from bot.outbox import Sender
from domain.messages import Lane
from domain.people import Urn
from scheduler.schedule import tick
from storage import outbox
from storage.database import Database
from tests.rig import Rig
from tests.serving import serving
from web.app import create_app

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
DAYS = {"day": 1, "prompt": 2, "week": 7, "month": 30}
REPORT = "REP ANC1 412/615 ABS 12"
PNG = b"\x89PNG\r\n\x1a\n"


class SmallDemo:
    """A demo as the page wants one: the real schedule and outbox, and a clock in a file."""

    def __init__(self, db: Database, clock: MovedClock) -> None:
        self.clock = clock
        self.people_answer = False
        self._db = db
        self._sender = Sender(db, {scheme: ConsoleChannel(scheme) for scheme in ("tel", "telegram")}, clock)

    async def move(self, how: str) -> str:
        """Move on in steps of three hours, ticking and sending as it goes."""
        until = self.clock() + timedelta(days=DAYS[how])
        while self.clock() < until:
            self.clock.set(min(self.clock() + timedelta(hours=3), until))
            await asyncio.to_thread(tick, self._db, self.clock())
            await self.send_due()
        return f"One {how} went by."

    async def send_due(self) -> None:
        """Send until nothing is due."""
        while await self._sender.send_due():
            pass


@dataclass(frozen=True)
class Play:
    """A demo that is being served."""

    rig: Rig
    demo: SmallDemo
    url: str
    http: httpx.Client

    def say(self, key: str, scheme: str, **said: Any) -> httpx.Response:
        """Let somebody write, as the page does."""
        return self.http.post("/demo/say", json={"key": key, "scheme": scheme, **said})

    def state(self, phones: str = "") -> dict[str, Any]:
        """Return all that moves."""
        found: dict[str, Any] = self.http.get("/demo/state", params={"phones": phones}).json()
        return found

    def thread(self, phone: str) -> list[dict[str, Any]]:
        """Return the bubbles of one phone."""
        found: list[dict[str, Any]] = self.state(phone)["phones"][0]["bubbles"]
        return found


@pytest.fixture
def play(sqlite_rig: Rig, tmp_path: Path) -> Iterator[Play]:
    demo = SmallDemo(sqlite_rig.db, MovedClock(tmp_path / "clock", sqlite_rig.now))
    app = create_app(sqlite_rig.db, demo.clock, demo=demo)
    with serving(app) as url, httpx.Client(base_url=url, timeout=60) as http:
        yield Play(sqlite_rig, demo, url, http)


def test_what_is_said_is_taken_and_answered(play: Play) -> None:
    assert play.say("ama", "tel", text=REPORT).status_code == 200
    said, receipt = play.thread("ama.tel")
    assert (said["ours"], said["text"], said["cost"]) == (False, REPORT, "23/160 · 1 SMS")
    assert receipt["ours"]
    assert receipt["text"].startswith("Got ")
    assert receipt["cost"].endswith("/160 · 1 SMS")
    assert play.thread("ama.telegram") == []


def test_answers_follow_their_messages_while_the_clock_stands(play: Play) -> None:
    for text in ("DUE", "HELP", "PLAN"):
        play.say("ama", "tel", text=text)
    assert [b["ours"] for b in play.thread("ama.tel")] == [False, True] * 3


def test_an_edit_is_shown_in_the_message_that_it_changes(play: Play) -> None:
    play.say("kofi", "telegram", text="REP ANC1 412/615")
    first = play.thread("kofi.telegram")[0]
    play.say("kofi", "telegram", text="REP ANC1 421/615", edit_of=first["provider_id"])
    thread = play.thread("kofi.telegram")
    assert [(b["text"], b["edited"]) for b in thread if not b["ours"]] == [("REP ANC1 421/615", True)]
    assert "421/615" in thread[-1]["text"]


def test_an_alert_is_received_and_its_button_works(play: Play) -> None:
    play.say("kofi", "telegram", text="REP MD 1")
    (card,) = play.state()["received"]
    assert (card["what"], card["to"], card["key"]) == ("Alert", "Efua", "efua")
    label, data = card["buttons"][0]["label"], card["buttons"][0]["data"]
    assert (label, data) == ("I take it", "v1:0:ACK E1")
    play.say("efua", "telegram", data=data)
    newest, alert = play.state()["received"]
    assert "E1 is yours" in newest["text"]
    assert [b["pressed"] for b in alert["buttons"]] == [True] + [False] * (len(alert["buttons"]) - 1)


def test_a_phone_without_an_owner_can_join(play: Play) -> None:
    play.say("yaw", "tel", text="hello")
    assert [(b["ours"], b["kept"]) for b in play.thread("yaw.tel")] == [(False, False), (True, True)]
    play.say("yaw", "tel", text="JOIN ASU-7F3Q")
    assert play.rig.contact("yaw").addresses
    assert play.thread("yaw.tel")[-1]["ours"]


def test_nothing_is_sent_again_while_nothing_has_changed(play: Play) -> None:
    mark = play.state()["mark"]
    assert play.http.get("/demo/state", params={"since": mark}).status_code == 204
    play.say("ama", "tel", text="DUE")
    assert play.http.get("/demo/state", params={"since": mark}).status_code == 200


def test_the_clock_moves_and_says_what_happened(play: Play) -> None:
    assert play.http.post("/demo/move", json={"how": "week"}).json() == {"sentence": "One week went by."}
    state = play.state()
    assert state["clock"] == {"weekday": "Saturday", "date": "7 November 2026", "time": "12:00", "place": "Accra"}
    assert {"Question of the month", "Weekly digest"} <= {one["what"] for one in state["happened"]}
    assert "Weekly digest" in {card["what"] for card in state["received"]}
    assert state["reached"]["ama"] > 0


def test_people_may_answer_by_themselves(play: Play) -> None:
    play.http.post("/demo/people", json={"answer": True})
    assert play.demo.people_answer
    assert play.state()["people_answer"] is True


def test_a_picture_is_served(play: Play) -> None:
    row_id = play.rig.db.work(_queue_picture, play)
    asyncio.run(play.demo.send_due())
    assert play.thread("efua.telegram")[0]["picture"] == f"/demo/picture/{row_id}"
    answer = play.http.get(f"/demo/picture/{row_id}")
    assert (answer.headers["content-type"], answer.content) == ("image/png", PNG)
    assert play.http.get("/demo/picture/999").status_code == 404


def _queue_picture(db: Any, play: Play) -> int | None:
    efua = play.rig.contact("efua")
    urn = efua.address("telegram") or Urn("telegram", "0")
    part = outbox.Part("picture", "digest", Lane.BULK, urn, "Digest", 0, play.rig.now, efua.id, picture=PNG)
    return outbox.put(db, part, play.rig.now)


COSTS = {"": "0/160 · 1 SMS", "a" * 161: "161/306 · 2 SMS", "habari 🙏": "9/70 · 1 SMS", "{}": "4/160 · 1 SMS"}


@pytest.mark.parametrize(("text", "cost"), COSTS.items())
def test_an_sms_is_counted_as_it_is_paid_for(play: Play, text: str, cost: str) -> None:
    assert play.http.get("/demo/segments", params={"text": text}).json() == {"cost": cost}


REFUSED = [
    ("/demo/say", {"key": "nobody", "scheme": "tel", "text": "DUE"}),
    ("/demo/say", {"key": "nana", "scheme": "telegram", "text": "DUE"}),
    ("/demo/say", {"key": "ama", "scheme": "tel", "text": "  "}),
    ("/demo/say", {"key": "ama", "scheme": "tel", "text": "a" * 5000}),
    ("/demo/say", {"key": "ama", "scheme": "telegram", "data": "v2:odd"}),
    ("/demo/say", []),
    ("/demo/move", {"how": "year"}),
]


@pytest.mark.parametrize(("path", "posted"), REFUSED)
def test_what_makes_no_sense_is_refused(play: Play, path: str, posted: Any) -> None:
    assert play.http.post(path, json=posted).status_code == 400


def test_another_site_in_the_same_browser_cannot_speak_for_anybody(play: Play) -> None:
    said = '{"key": "ama", "scheme": "tel", "text": "STOP"}'
    assert play.http.post("/demo/say", content=said, headers={"Content-Type": "text/plain"}).status_code == 415


def test_the_page_runs_no_script_but_its_own(play: Play) -> None:
    answer = play.http.get("/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.text.count("<script") == answer.text.count('<script src="/static/') == 1
    assert "http://" not in answer.text.replace("http://www.w3.org", "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium found: set CHROMIUM to its path to run the browser tests")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, play: Play) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.goto(play.url)
    yield opened
    opened.close()
    assert errors == []


def test_in_a_browser_ama_reports_and_sees_her_receipt(page: Page) -> None:
    page.get_by_role("button", name="Put this phone away").first.click()
    page.get_by_role("button", name="Ama focal point").click()
    phone = page.get_by_role("article", name="Ama")
    expect(phone.get_by_role("button", name="SMS")).to_have_attribute("aria-pressed", "true")
    phone.get_by_label("Write a message").fill(REPORT)
    expect(phone.locator("form .cost")).to_have_text("23/160 · 1 SMS")
    phone.get_by_role("button", name="Send").click()
    receipt = phone.locator(".bubble.ours")
    expect(receipt.locator(".text")).to_contain_text("ANC1 67% (412/615)")
    expect(receipt.locator(".cost")).to_contain_text("/160 · 1 SMS")


def test_in_a_browser_the_clock_moves_a_week(page: Page) -> None:
    expect(page.locator("#date")).to_have_text("31 October 2026")
    page.locator(".moves").get_by_role("button", name="Next week").click()
    expect(page.locator("#date")).to_have_text("7 November 2026", timeout=60_000)
    expect(page.locator("#sentence")).to_have_text("One week went by.", timeout=60_000)
    expect(page.locator(".card.digest").first).to_be_visible()
    expect(page.get_by_role("button", name="Abena").locator(".badge")).to_be_visible()


def test_in_a_browser_an_alert_is_taken_with_its_button(page: Page) -> None:
    page.get_by_role("button", name="Kofi").click()
    phone = page.get_by_role("article", name="Kofi")
    phone.get_by_label("Write a message").fill("REP MD 1")
    phone.get_by_label("Write a message").press("Enter")
    efua = page.get_by_role("article", name="Efua")
    efua.get_by_role("button", name="I take it").click()
    expect(efua.locator(".bubble.ours").last).to_contain_text("E1 is yours")
    expect(efua.get_by_role("button", name="I take it")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".card").first).to_contain_text("E1 is yours")


def test_in_a_browser_a_message_is_edited_on_telegram(page: Page) -> None:
    phone = page.get_by_role("article", name="Ama")
    phone.get_by_role("button", name="Telegram").click()
    phone.get_by_label("Write a message").fill("REP ANC1 412/615")
    phone.get_by_label("Write a message").press("Enter")
    phone.get_by_role("button", name="Edit this message").click()
    phone.get_by_label("Write a message").fill("REP ANC1 421/615")
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator(".bubble.own")).to_contain_text("REP ANC1 421/615")
    expect(phone.locator(".bubble.own .edited")).to_be_visible()


def test_in_a_browser_words_stay_words(page: Page) -> None:
    phone = page.get_by_role("article", name="Ama")
    phone.get_by_label("Write a message").fill("<img src=x onerror=alert(1)> <b>DUE</b>")
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator(".bubble.own .text")).to_have_text("<img src=x onerror=alert(1)> <b>DUE</b>")


def test_in_a_browser_a_person_is_found_by_district(page: Page) -> None:
    page.get_by_role("searchbox").fill("bremu")
    expect(page.get_by_role("button", name="Kofi")).to_be_visible()
    expect(page.get_by_role("button", name="Ama focal point")).to_be_hidden()
    page.get_by_role("searchbox").fill("nobody at all")
    expect(page.get_by_text("Nobody here is called that.")).to_be_visible()


def test_in_a_browser_a_narrow_page_does_not_scroll_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    widest = page.locator("html").evaluate("html => html.scrollWidth")
    assert widest == 390
