"""People: each has a place, a language and an address of their own, and nobody's post is left empty."""

from __future__ import annotations

from collections.abc import Iterator

from domain.people import REPORTERS, Role
from domain.programme import QuietHours
from storage.programme_file.draft import Draft
from storage.programme_file.reading import Finding
from storage.programme_file.sections import PersonEntry

WAYS = {"sms": "phone", "telegram": "telegram", "whatsapp": "whatsapp"}  # the setting each channel needs
KINDS = {"telegram": " id", "whatsapp": " number"}  # what such a setting holds


def languages(draft: Draft) -> Iterator[Finding]:
    """Everybody is written to in a language of the programme."""
    spoken = draft.about.languages if draft.about else ()
    for key, person in draft.file.people.items():
        if spoken and person.language not in spoken:
            what = f'"{person.language}" is not a language of this programme ({", ".join(spoken)})'
            yield Finding(("people", key, "language"), what, example=f'language: "{spoken[0]}"')


def places(draft: Draft) -> Iterator[Finding]:
    """Who reports has a district; a facilitator has groups."""
    for key, person in draft.file.people.items():
        yield from _district(draft, key, person)
        yield from _groups(draft, key, person)


def _district(draft: Draft, key: str, person: PersonEntry) -> Iterator[Finding]:
    at = ("people", key, "district")
    if person.district is None:
        if person.role in REPORTERS:
            yield Finding(at, f"is missing; a {person.role} person answers for one district")
    elif person.role not in REPORTERS:
        yield Finding(at, f"is not for a {person.role}", example="role: focal")
    elif person.district not in draft.names("districts"):
        yield Finding(at, f'"{person.district}" is not a district of this programme')


def _groups(draft: Draft, key: str, person: PersonEntry) -> Iterator[Finding]:
    at = ("people", key, "groups")
    if person.role is Role.FACILITATOR and not person.groups:
        yield Finding(at, "is missing; a facilitator looks after at least one district group")
    if person.role in REPORTERS and person.groups:
        yield Finding(at, f"is not for a {person.role} person", example="district: asuo")
    for index, group in enumerate(person.groups):
        if group not in draft.names("groups"):
            yield Finding((*at, index), f'"{group}" is not a district group of this programme')


def deputies(draft: Draft) -> Iterator[Finding]:
    """A deputy stands in for another focal point of the same district."""
    people = draft.file.people
    asked = {p.district for p in people.values() if p.role is Role.FOCAL and not p.deputy}
    for key, person in people.items():
        if person.deputy and person.role is not Role.FOCAL:
            yield Finding(("people", key, "deputy"), "is for focal points only")
        elif person.deputy and person.district not in asked:
            yield Finding(("people", key, "deputy"), "leaves the district with nobody to be a deputy of")


def hours(draft: Draft) -> Iterator[Finding]:
    """An hour of one's own is an hour to be prompted at, outside the quiet ones."""
    quiet = QuietHours(**dict(draft.file.quiet_hours))
    for key, person in draft.file.people.items():
        at = ("people", key, "hour")
        if person.hour is not None and person.role not in REPORTERS:
            yield Finding(at, f"is for who is prompted; a {person.role} is not")
        elif person.hour is not None and quiet.holds(person.hour):
            yield Finding(at, f"{person.hour:%H:%M} lies in the quiet hours", example='hour: "10:00"')


def addresses(draft: Draft) -> Iterator[Finding]:
    """Everybody can be reached, or can join."""
    for key, person in draft.file.people.items():
        at = ("people", key)
        there = {name: given for name in WAYS if (given := getattr(person, WAYS[name])) is not None}
        if not there and person.join_code is None:
            yield Finding(at, "has no phone, no telegram and no join_code", example='phone: "+233200000011"')
        if person.prefers and there and person.prefers not in there:
            what = f'"{person.prefers}" needs a {WAYS[person.prefers]}{KINDS.get(person.prefers, "")}'
            yield Finding((*at, "prefers"), what, example=f"prefers: {next(iter(there))}")


def own_addresses(draft: Draft) -> Iterator[Finding]:
    """No two people share an address or a join code."""
    for setting in ("phone", "telegram", "whatsapp", "email", "join_code"):
        first: dict[object, str] = {}
        for key, person in draft.file.people.items():
            given = getattr(person, setting)
            if given is not None and first.setdefault(given, key) != key:
                yield Finding(("people", key, setting), f'"{given}" is also that of {first[given]}; each has their own')


def posts(draft: Draft) -> Iterator[Finding]:
    """Every district has a focal point, every group a facilitator, the programme a manager."""
    if not draft.names("people"):
        return
    held = list(_held(draft))
    for district in draft.names("districts"):
        if (Role.FOCAL, district) not in held:
            example = _someone(f"role: focal, district: {district}")
            yield Finding(("districts", district), "has no focal point", example=example)
    for group in draft.names("groups"):
        if (Role.FACILITATOR, group) not in held:
            example = _someone(f"role: facilitator, groups: [{group}]")
            yield Finding(("groups", group), "has no facilitator", example=example)
    if (Role.MANAGER, None) not in held:
        yield Finding(("people",), "has no manager, to whom alerts climb", example=_someone("role: manager"))


def _held(draft: Draft) -> Iterator[tuple[object, object]]:
    """Yield (role, place) of everybody who is written down, also where another of their settings is wrong."""
    for person in draft.names("people").values():
        if isinstance(person, dict):
            role, groups = person.get("role"), person.get("groups")
            yield role, None
            yield role, person.get("district")
            yield from ((role, group) for group in (groups if isinstance(groups, list) else ()))


def _someone(place: str) -> str:
    return f'efua: {{name: "Efua", {place}, language: "en", telegram: 700041}}'
