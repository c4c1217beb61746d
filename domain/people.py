"""Who we talk to, and by which addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class Role(StrEnum):
    """What a contact does in the programme."""

    FOCAL = "focal"
    PARTNER = "partner"
    FACILITATOR = "facilitator"
    MANAGER = "manager"


REPORTERS = frozenset({Role.FOCAL, Role.PARTNER})
MAIL = "mailto"  # the scheme of addresses that letters go to
SCHEMES = ("tel", "telegram", "whatsapp", MAIL)


class ContactStatus(StrEnum):
    """Invited until consent is given; stopped when they asked for no more messages."""

    INVITED = "invited"
    ACTIVE = "active"
    STOPPED = "stopped"


class AddressStatus(StrEnum):
    """Whether an address takes our messages; unreachable after a permanent failure such as a blocked bot."""

    ACTIVE = "active"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Urn:
    """One address of a contact: scheme `tel` with an E.164 path, `telegram` with a chat id, or `mailto`."""

    scheme: str
    path: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.path}"


@dataclass(frozen=True, slots=True)
class Address:
    """A URN and whether it can be reached."""

    urn: Urn
    status: AddressStatus = AddressStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Contact:
    """A person we talk to.

    `district` is set for focal points and partners; `groups` names the district groups a facilitator looks after
    (for a manager: all of them, when empty). `consented` is whether they agreed to take part. `preferred` is the
    scheme they want unasked messages on, `hour` when on their clock they want prompts, if not with everybody else. A
    `deputy` is prompted while no other focal point of the district can be. `away` are the first and the last day of
    their leave.
    """

    id: int
    key: str
    name: str
    role: Role
    language: str
    timezone: str
    status: ContactStatus = ContactStatus.ACTIVE
    district: str | None = None
    groups: tuple[str, ...] = ()
    preferred: str = "tel"
    addresses: tuple[Address, ...] = ()
    consented: bool = True
    snoozed_until: datetime | None = None
    last_seen_at: datetime | None = None
    hour: time | None = None
    deputy: bool = False
    away: tuple[date, date] | None = None

    def is_away(self, today: date) -> bool:
        """Whether they are on leave on a day of their own calendar."""
        return self.away is not None and self.away[0] <= today <= self.away[1]

    @property
    def reports(self) -> bool:
        """Whether this contact answers for a district."""
        return self.role in REPORTERS and self.district is not None

    @property
    def reachable(self) -> bool:
        """Whether they may be written to and some address works."""
        return self.status is ContactStatus.ACTIVE and self.address() is not None

    def address(self, scheme: str | None = None) -> Urn | None:
        """Return the address to write to: on `scheme` if given, else the preferred one, else any that works.

        An e-mail address is none of these: nobody can be asked something there.
        """
        working = [a.urn for a in self.addresses if a.status is AddressStatus.ACTIVE and a.urn.scheme != MAIL]
        wanted = scheme or self.preferred
        return next((urn for urn in working if urn.scheme == wanted), working[0] if working else None)

    @property
    def email(self) -> Urn | None:
        """The address that letters go to, if there is one that works."""
        working = (a.urn for a in self.addresses if a.status is AddressStatus.ACTIVE)
        return next((urn for urn in working if urn.scheme == MAIL), None)
