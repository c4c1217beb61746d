"""Words both ways: `TELL ASU words` to a district, `N12 words` in a thread, `NOTES` to read, `OPEN` for what waits."""

from __future__ import annotations

from datetime import timedelta

from conversations.flows.absence import away_lines, here_first
from conversations.flows.correcting import named_district
from conversations.places import districts_of
from conversations.situation import Situation
from conversations.state import Heard
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.events import NoteWritten
from domain.messages import Say
from domain.notes import Note, Thread, answer_times, labelled, may_read, unanswered
from domain.people import REPORTERS, Contact, ContactStatus
from domain.periods import local
from domain.text import Text, _, clipped, plain

WHICH = _("Which district? Yours: {names}. Send e.g. TELL {district} and your words.")
ON_SMS, ON_A_SCREEN = 3, 12  # rows of a list
LONGEST_ROW = 20  # characters of somebody's words in a row of an SMS


def tell(request: Request) -> Turn:
    """Send words to the people of a district; their answers come back in the same thread."""
    situation = request.situation
    district, words, wrong = named_district(request.words, situation, WHICH)
    if district is None:
        return Turn("tell", situation.conversation, "question", say(wrong))
    if not words:
        line = _("What do you want to say? Send TELL {district} and your words.", district=district.code[:3].upper())
        return Turn("tell", situation.conversation, "question", say(line))
    people = team(district.code, situation)
    if not people:
        line = _("Nobody in {name} can be reached now.", name=district.name)
        return Turn("tell", situation.conversation, "question", say(line))
    event = NoteWritten("tell", words, district=district.code)
    label = f"N{situation.inbound_id}"
    line = _(
        "Sent to {names} ({district}) as {ref}. The answer comes to you.",
        names=names_of(people),
        district=district.name,
        ref=label,
    )
    heard = Heard(situation.inbound_id, label, situation.contact.name, situation.now, first=True)
    said = _(
        "{name} writes ({ref}, answer in your own words): {words}", name=situation.contact.name, ref=label, words=words
    )
    tells = tuple(Tell(person.id, say(said), f"tell:{label}", hears=heard) for person in people)
    said_back = say(line, *away_lines(people, situation))
    return Turn("tell", situation.conversation, "receipt", said_back, (event,), tells)


def team(district: str, situation: Situation) -> tuple[Contact, ...]:
    """Return the people of a district who can be reached."""
    return tuple(c for c in situation.colleagues if c.district == district and c.reports and reachable(c))


def reachable(contact: Contact) -> bool:
    """Whether somebody takes our messages."""
    return contact.status is ContactStatus.ACTIVE and contact.address() is not None


def names_of(people: tuple[Contact, ...]) -> str:
    """Return the names of people, three at most and how many more."""
    more = f" +{len(people) - 3}" if len(people) > 3 else ""
    return ", ".join(person.name for person in people[:3]) + more


def is_open_to_them(situation: Situation) -> bool:
    """Whether the thread that was named exists and this person may read it."""
    thread = situation.thread
    return thread is not None and may_read(thread.opening, situation.contact, _looked_after(situation))


def speak(request: Request) -> Turn:
    """Say something in the thread that was named, or show the thread when nothing is said."""
    situation, thread = request.situation, request.situation.thread
    if thread is None or not is_open_to_them(situation):
        line = _("There is no such note for you. NOTES lists those you may read.")
        return Turn("notes", situation.conversation, "question", say(line))
    words = request.words.strip()
    if not words:
        return Turn("notes", situation.conversation, "receipt", _whole(thread, situation))
    opening = thread.opening
    event = NoteWritten("answer", words, opening.private, opening.thread, opening.district)
    people = listeners(thread, situation)
    heard = Heard(opening.thread, thread.label, situation.contact.name, situation.now)
    message = say(_passed_on(thread, words, situation))
    tells = tuple(Tell(person.id, message, f"speak:{thread.label}", hears=heard) for person in people)
    conversation = situation.conversation.answered(opening.thread)
    more = (_("More: {ref} and your words.", ref=thread.label),)
    lines = (_sent(thread, people), *away_lines(people, situation))
    return Turn("tell", conversation, "receipt", say(*lines, extra=more), (event,), tells)


def listeners(thread: Thread, situation: Situation) -> tuple[Contact, ...]:
    """Return who should hear what this person says in a thread: the other side of it."""
    me, opening = situation.contact, thread.opening
    if opening.private:
        return ()
    if opening.kind == "tell" and me.role not in REPORTERS:
        return tuple(person for person in team(opening.district or "", situation) if person.id != me.id)
    spoke = [note.writer_id for note in thread.later if note.writer_id != me.id]
    wanted = [opening.writer_id] if opening.writer_id != me.id else spoke[-1:]
    if opening.kind == "help" and not wanted:
        wanted = [helper.id for helper in here_first(situation.helpers, situation.today)[:1]]
    return tuple(c for c in situation.colleagues if c.id in wanted and reachable(c))


def _looked_after(situation: Situation) -> tuple[str, ...]:
    contact = situation.contact
    return () if contact.role in REPORTERS else districts_of(contact, situation.programme)


def _sent(thread: Thread, people: tuple[Contact, ...]) -> Text:
    if people:
        return _("Sent to {names} ({ref}).", names=names_of(people), ref=thread.label)
    if thread.opening.kind == "note":
        return _("Added to {ref}.", ref=thread.label)
    return _("Kept in {ref}; nobody on the other side can be reached now.", ref=thread.label)


def _passed_on(thread: Thread, words: str, situation: Situation) -> Text:
    contact = situation.contact
    said = {"name": contact.name, "ref": thread.label, "words": words}
    if contact.district is None:
        return _("{name} ({ref}): {words}", **said)
    return _("{name} ({place}, {ref}): {words}", place=situation.district.name, **said)


def _whole(thread: Thread, situation: Situation) -> Say:
    later = thread.later[-1:] if situation.scheme == "tel" else thread.later
    lines = [_line(thread.label, thread.opening, thread.opening.words, situation)]
    lines += [_line("", note, note.words, situation) for note in later]
    return Say(tuple(lines), (_("{ref} and your words answers.", ref=thread.label),))


def _line(label: str, note: Note, words: str, situation: Situation) -> Text:
    writer = _("private") if note.private else note.writer
    day = local(note.at, situation.contact.timezone).date()
    said = plain('{day:short} {name}: "{words}"', day=day, name=writer, words=words)
    return plain("{ref} {said}", ref=label, said=said) if label else said


def _brief(note: Note, situation: Situation) -> Text:
    return _line(labelled(note), note, shortened(note.words), situation)


def shortened(words: str) -> str:
    """Return the first words of somebody's words, marked where there are more."""
    short = clipped(words, LONGEST_ROW)
    return short if len(short) == len(" ".join(words.split())) else f"{short}..."


def listing(request: Request) -> Turn:
    """List the newest notes that this person may read: their own, and the shared ones of their districts."""
    situation = request.situation
    if not situation.notes:
        line = _("No notes yet. NOTE and your words keeps one.")
        return Turn("notes", situation.conversation, "receipt", say(line))
    how = _("{ref} alone shows one whole.", ref=labelled(situation.notes[0]))
    if situation.scheme == "tel":
        rows = tuple(_brief(note, situation) for note in situation.notes[:ON_SMS])
        return Turn("notes", situation.conversation, "receipt", say(_("Notes: {rows}.", rows=rows), extra=(how,)))
    lines = [_line(labelled(note), note, note.words, situation) for note in situation.notes[:ON_A_SCREEN]]
    return Turn("notes", situation.conversation, "receipt", say(*lines))


def waiting(request: Request) -> Turn:
    """List what has had no answer, the oldest first, and how quickly answers come."""
    situation = request.situation
    found = unanswered(situation.threads, situation.now, timedelta())
    most = ON_SMS if situation.scheme == "tel" else ON_A_SCREEN
    line = _("Nothing waits for an answer.")
    if found:
        line = _("Unanswered: {rows}.", rows=tuple(waiting_row(thread, situation) for thread in found[:most]))
    how = (_("{ref} and your words answers.", ref=found[0].label),) if found else ()
    return Turn("notes", situation.conversation, "receipt", say(line, extra=(*how, *_times(situation))))


def waiting_row(thread: Thread, situation: Situation) -> Text:
    """Name a thread that waits: where, since when, and how it begins."""
    opening = thread.opening
    place = situation.programme.districts.get(opening.district or "")
    day = local(opening.at, situation.contact.timezone).date()
    words = shortened(opening.words)
    where = place.name if place else opening.writer
    return plain('{ref} {place} {day:short} "{words}"', ref=thread.label, place=where, day=day, words=words)


def _times(situation: Situation) -> tuple[Text, ...]:
    times = answer_times(situation.threads)
    if times.half_within is None:
        return ()
    hours = max(round(times.half_within / timedelta(hours=1)), 1)
    return (
        _(
            "In 30 days {done} of {all} were answered, half within {n} h.",
            done=times.answered,
            all=times.asked,
            n=hours,
        ),
    )
