"""What this process counts about itself, from its start on, for whoever watches it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

OWN = CollectorRegistry()

TURN_SECONDS = Histogram(
    "kumbusha_turn_seconds",
    "From a message that was read to its commit, in this process",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=OWN,
)
WAITING = Gauge("kumbusha_turns_waiting", "Messages and callbacks under way in this process", registry=OWN)
TURNED_AWAY = Counter("kumbusha_turned_away", "Requests told to come again later, in this process", registry=OWN)
