"""What a Prometheus server reads here: what this process counts, and what the tables say for all processes."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.clock import Clock
from bot.watch import OWN
from domain.messages import BadRequest
from storage.database import Database
from storage.job_runs import JobRun
from storage.vitals import Vitals, vitals


def routes(db: Database, clock: Clock, token: str) -> list[Route]:
    """Return where the figures are read, with `token` as bearer token; no figure or label names a person."""

    async def figures(request: Request) -> Response:
        _check(request.headers, token)
        now = clock()
        shared = CollectorRegistry()
        shared.register(_FromTables(await db.run(vitals, now), now))
        return Response(generate_latest(OWN) + generate_latest(shared), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", figures)]


def _check(headers: Mapping[str, str], token: str) -> None:
    given = headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise BadRequest("wrong token", status=403)


class _FromTables(Collector):
    """The state of the installation as it was read for one scrape."""

    def __init__(self, found: Vitals, now: datetime) -> None:
        self._found = found
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Give every figure; those with `hour` in their name are of the last hour."""
        found, late = self._found, self._found.lateness
        yield _one("kumbusha_outbox_age_seconds", "How long the oldest part that is due waits", _seconds(found))
        yield _by("kumbusha_outbox_parts", "Message parts under way", "status", found.waiting)
        yield _by("kumbusha_outbox_hour_parts", "Message parts that ended, last hour", "status", found.ended_lately)
        yield _one("kumbusha_scheduled_hour_parts", "Unasked parts that went, last hour", late.parts)
        yield _one("kumbusha_scheduled_hour_late_seconds", "Their mean time behind their hour", late.mean)
        yield _one("kumbusha_scheduled_hour_latest_seconds", "Their longest time behind their hour", late.most)
        yield _understood(found.understood_lately)
        yield _one("kumbusha_messages_unanswered", "Messages whose handling raised", found.unanswered)
        held = {hold.scheme: 1.0 for hold in found.holds}
        yield _by("kumbusha_channel_held", "Channels that are left alone", "channel", held)
        yield from _jobs(found.jobs, self._now)


def _seconds(found: Vitals) -> float:
    return found.outbox_age.total_seconds()


def _one(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)


def _by(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _understood(values: Mapping[tuple[str, str], int]) -> Metric:
    name, what = "kumbusha_messages_hour", "Messages by what was understood and answered, last hour"
    family = GaugeMetricFamily(name, what, labels=["intent", "reply"])
    for (intent, reply), count in sorted(values.items()):
        family.add_metric([intent, reply], count)
    return family


def _jobs(jobs: list[JobRun], now: datetime) -> Iterator[Metric]:
    failures = CounterMetricFamily(
        "kumbusha_job_failures", "Runs of a scheduled job that raised, or left something out", labels=["job"]
    )
    age = GaugeMetricFamily("kumbusha_job_age_seconds", "Since a job last ended well", labels=["job"])
    for job in jobs:
        failures.add_metric([job.name], job.failures)
        if job.well_at is not None:
            age.add_metric([job.name], (now - job.well_at).total_seconds())
    yield failures
    yield age
