"""Contacts, their addresses, and the codes by which they join."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from domain.people import MAIL, Address, AddressStatus, Contact, ContactStatus, Role, Urn
from storage import inserting, sets
from storage.apart import for_each
from storage.inserting import rows_of
from storage.models import AddressRow, CodeRow, ContactRow
from storage.prepared import Prepared
from storage.sealing import keyring

_CONTACTS, _ADDRESSES = rows_of(ContactRow), rows_of(AddressRow)
_theirs = _ADDRESSES.alias()
_PLACES = [_theirs.c.scheme, _theirs.c.path, _theirs.c.status.label("reach")]
_WITH_ADDRESSES = (
    select(_CONTACTS, *_PLACES)
    .outerjoin(_theirs, _theirs.c.contact_id == _CONTACTS.c.id)
    .order_by(_CONTACTS.c.id, _theirs.c.id)
)
_OWNER = select(_ADDRESSES.c.contact_id).where(
    _ADDRESSES.c.scheme == bindparam("scheme"), _ADDRESSES.c.digest == bindparam("digest")
)
_BY_ID = Prepared(_WITH_ADDRESSES.where(_CONTACTS.c.id == bindparam("id")))
_BY_KEY = Prepared(_WITH_ADDRESSES.where(_CONTACTS.c.key == bindparam("key")))
_BY_URN = Prepared(_WITH_ADDRESSES.where(_CONTACTS.c.id.in_(_OWNER)))


def find(db: Session, urn: Urn) -> Contact | None:
    """Return whose address this is."""
    return _one(db, _BY_URN, scheme=urn.scheme, digest=keyring().digest(str(urn)))


def load(db: Session, contact_id: int) -> Contact:
    """Return the contact with this id. Raises LookupError when there is none."""
    contact = _one(db, _BY_ID, id=contact_id)
    if contact is None:
        raise LookupError(f"no contact {contact_id}")
    return contact


def by_key(db: Session, key: str) -> Contact | None:
    """Return the contact that the programme file calls `key`."""
    return _one(db, _BY_KEY, key=key)


def everyone(db: Session, *roles: Role, district: str | None = None) -> list[Contact]:
    """Return contacts in the order they were added: of some roles, of one district, or all.

    Those whose rows cannot be read are left out.
    """
    query = _WITH_ADDRESSES
    if roles:
        query = query.where(_CONTACTS.c.role.in_([str(r) for r in roles]))
    if district is not None:
        query = query.where(_CONTACTS.c.district == district)
    try:
        return _contacts(db.execute(query))
    except (InvalidTag, ValueError):  # sealed by another secret, or a role that there is not
        wanted = list(dict.fromkeys(db.scalars(query.with_only_columns(_CONTACTS.c.id))))
    return for_each(
        db,
        wanted,
        lambda some: _contacts(db.execute(_WITH_ADDRESSES.where(_CONTACTS.c.id.in_(sets.ids(db, some))))),
        lambda contact_id: {"contact_id": contact_id},
    )


def reachable(db: Session, contact_ids: Iterable[int]) -> set[int]:
    """Return which of some contacts may be written to and have an address that works."""
    query = (
        select(ContactRow.id)
        .join(AddressRow, AddressRow.contact_id == ContactRow.id)
        .where(ContactRow.id.in_(list(contact_ids)), ContactRow.status == str(ContactStatus.ACTIVE))
        .where(AddressRow.status == str(AddressStatus.ACTIVE), AddressRow.scheme != MAIL)
    )
    return set(db.scalars(query))


def facilitators_of(db: Session, group: str) -> list[Contact]:
    """Return the facilitators who look after a district group."""
    return [c for c in everyone(db, Role.FACILITATOR) if not c.groups or group in c.groups]


def _is(urn: Urn) -> tuple[ColumnElement[bool], ...]:
    return (AddressRow.scheme == urn.scheme, AddressRow.digest == keyring().digest(str(urn)))


def _one(db: Session, query: Prepared, **which: object) -> Contact | None:
    return next(iter(_contacts(query.all(db, which))), None)


def _contacts(rows: Iterable[Any]) -> list[Contact]:
    """Return contacts from rows that hold one address each, or none; those of a contact follow each other."""
    found: list[Contact] = []
    for _contact_id, theirs in groupby(rows, key=attrgetter("id")):
        mine = list(theirs)
        addresses = (Address(Urn(r.scheme, r.path), AddressStatus(r.reach)) for r in mine if r.scheme is not None)
        found.append(_contact(mine[0], tuple(addresses)))
    return found


def _contact(row: Any, addresses: tuple[Address, ...]) -> Contact:
    return Contact(
        id=row.id,
        key=row.key,
        name=row.name,
        role=Role(row.role),
        language=row.language,
        timezone=row.timezone,
        status=ContactStatus(row.status),
        district=row.district,
        groups=tuple(row.groups),
        preferred=row.preferred,
        addresses=addresses,
        consented=row.consented_at is not None,
        snoozed_until=row.snoozed_until,
        last_seen_at=row.last_seen_at,
        hour=row.hour,
        deputy=row.deputy,
        away=(row.away_from, row.away_until) if row.away_from and row.away_until else None,
    )


def change(db: Session, contact_id: int, **fields: object) -> None:
    """Set fields of a contact."""
    inserting.change(db, ContactRow, {"id": contact_id}, fields)


def invite(db: Session, giver: Contact, name: str, urn: Urn) -> None:
    """Add somebody who is to take over a contact's role and district once they agree, in place of who was invited."""
    end_invites(db, giver.id)
    row = ContactRow(
        key=_fresh_key(db, name),
        name=name,
        role=str(giver.role),
        district=giver.district,
        groups=[],
        language=giver.language,
        timezone=giver.timezone,
        hour=giver.hour,
        deputy=giver.deputy,
        preferred=urn.scheme,
        status=str(ContactStatus.INVITED),
        predecessor_id=giver.id,
    )
    db.add(row)
    db.flush()
    add_address(db, row.id, urn)


def _fresh_key(db: Session, name: str) -> str:
    newest = db.execute(select(func.max(ContactRow.id))).scalar() or 0
    letters = "".join(ch for ch in name.lower() if ch.isascii() and ch.isalpha())[:20]
    return f"{letters or 'new'}{newest + 1}"


def predecessor(db: Session, contact_id: int) -> Contact | None:
    """Return whose district a contact was invited to take over, while that person still has it.

    That person's row is locked until the transaction ends: of two who agree at once one is the first.
    """
    giver = aliased(ContactRow)
    query = select(giver.id).join(ContactRow, ContactRow.predecessor_id == giver.id).where(ContactRow.id == contact_id)
    query = query.where(giver.district == ContactRow.district).with_for_update(of=giver)
    giver_id = db.scalars(query).one_or_none()
    return load(db, giver_id) if giver_id is not None else None


def still_invited(db: Session, contact: Contact) -> Contact:
    """Return a contact as they are invited now: without a district when its giver does not hold it any more."""
    if contact.consented or contact.district is None:
        return contact
    if db.scalar(select(ContactRow.predecessor_id).where(ContactRow.id == contact.id)) is None:
        return contact
    return contact if predecessor(db, contact.id) is not None else replace(contact, district=None)


def end_invites(db: Session, giver_id: int) -> None:
    """Let go of those whom a contact has invited and who have not agreed: they may take over nothing."""
    waiting = update(ContactRow).where(ContactRow.predecessor_id == giver_id, ContactRow.consented_at.is_(None))
    db.execute(waiting.values(district=None))


def retired(db: Session) -> set[int]:
    """Return contacts who have handed over their district to somebody who agreed."""
    query = select(ContactRow.predecessor_id).where(
        ContactRow.predecessor_id.is_not(None), ContactRow.consented_at.is_not(None)
    )
    return {contact_id for contact_id in db.scalars(query) if contact_id is not None}


def add_address(db: Session, contact_id: int, urn: Urn) -> None:
    """Give a contact an address; one that was another's, or was unreachable, is theirs and works from now on."""
    row = db.scalars(select(AddressRow).where(*_is(urn))).one_or_none()
    if row is None:
        digest = keyring().digest(str(urn))
        db.add(
            AddressRow(
                contact_id=contact_id,
                scheme=urn.scheme,
                path=urn.path,
                digest=digest,
                status=str(AddressStatus.ACTIVE),
            )
        )
        db.flush()
    else:
        row.contact_id, row.status = contact_id, str(AddressStatus.ACTIVE)
        db.flush()


def take_addresses(db: Session, contact_id: int, *urns: Urn) -> None:
    """Take addresses from a contact, all of them when none is named."""
    theirs = AddressRow.contact_id == contact_id
    for row in db.scalars(select(AddressRow).where(theirs)):
        if not urns or Urn(row.scheme, row.path) in urns:
            db.delete(row)
    db.flush()


def mark_address(db: Session, urn: Urn, status: AddressStatus) -> None:
    """Say whether an address can be reached."""
    db.execute(update(AddressRow).where(*_is(urn)).values(status=str(status)))


def add_code(db: Session, contact_id: int, code: str, expires_at: datetime | None) -> None:
    """Keep a join code, as a hash, for use once."""
    digest = keyring().digest(_code(code))
    db.add(CodeRow(digest=digest, contact_id=contact_id, expires_at=expires_at))
    db.flush()


def owner_of(db: Session, code: str, now: datetime) -> int | None:
    """Return whose join code this is, without spending it; None when it is wrong, spent or expired."""
    query = select(CodeRow.contact_id).where(*_valid(code, now))
    return db.execute(query).scalar_one_or_none()


def redeem(db: Session, code: str, now: datetime) -> Contact | None:
    """Spend a join code and return whose it is; None when it is wrong, spent or expired."""
    spent = db.execute(
        update(CodeRow).where(*_valid(code, now)).values(used_at=now).returning(CodeRow.contact_id)
    ).scalar_one_or_none()
    return load(db, spent) if spent is not None else None


def _valid(code: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    digest = keyring().digest(_code(code))
    return (
        CodeRow.digest == digest,
        CodeRow.used_at.is_(None),
        CodeRow.expires_at.is_(None) | (CodeRow.expires_at > now),
    )


def _code(code: str) -> str:
    return "".join(ch for ch in code.upper() if ch.isalnum())
