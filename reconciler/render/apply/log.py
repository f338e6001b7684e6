"""The log of an apply: one line an event, in Terraform's words."""

from __future__ import annotations

from reconciler.model.change import Action
from reconciler.model.event import Event, Failed, Progress, Skipped, Started, Succeeded, Unconfirmed
from reconciler.render.plan.interims import DOING, NOUN
from reconciler.render.text.lines import Line, Span, Tone, faint, seconds, strong

_DOING = {
    Action.CREATE: "Creating",
    Action.UPDATE: "Modifying",
    Action.DELETE: "Destroying",
    Action.REPLACE: "Replacing",
    Action.ROTATE: "Rotating",
}
_NOUN = {
    Action.CREATE: "Creation",
    Action.UPDATE: "Modifications",
    Action.DELETE: "Destruction",
    Action.REPLACE: "Replacement",
    Action.ROTATE: "Rotation",
}


def doing(action: Action) -> str:
    """Return the word for an action under way: `Creating`."""
    return _DOING.get(action, "Working")


def _doing(event: Started | Progress) -> str:
    return DOING[event.interim] if event.interim else doing(event.action)


def _noun(event: Succeeded | Failed) -> str:
    return NOUN[event.interim] if event.interim else _NOUN.get(event.action, "Work")


def event_line(event: Event, *, again: bool = False) -> Line:
    """Return the event as a line. `again`: a progress that repeats what was said before, because it takes
    long.
    """
    head: Line = [strong(f"{event.address}: ")]
    match event:
        case Started():
            return [*head, f"{_doing(event)}..."]
        case Progress():
            return [*head, *_progress(event, again)]
        case Succeeded():
            status = f" [{event.status}]" if event.status else ""
            complete = Span(f"{_noun(event)} complete", Tone.ADD)
            return [*head, complete, f" after {seconds(event.elapsed)}{status}"]
        case Failed():
            failed = Span(f"{_noun(event)} failed", Tone.REMOVE)
            return [*head, failed, f" after {seconds(event.elapsed)}: {event.error.message}", _left(event)]
        case Unconfirmed():
            return [*head, Span("Not as written", Tone.REMOVE), f": {event.error.message}"]
        case Skipped():
            return [*head, faint(f"Skipped: {event.because}"), _left(event)]


def _left(event: Failed | Skipped) -> str:
    return f"; {event.left}" if event.left else ""


def _progress(event: Progress, again: bool) -> Line:
    if not again:
        return [event.message]
    still = f"Still {_doing(event).lower()}... [{seconds(event.elapsed)} elapsed]"
    return [f"{still}  {event.message}" if event.message else still]


def running_line(event: Started | Progress, elapsed: float) -> Line:
    """Return the line of a step in flight, for the live part of a terminal."""
    message = f"  {event.message}" if isinstance(event, Progress) and event.message else ""
    doing_it = f"{_doing(event)}... {seconds(elapsed)}"
    return ["  ", strong(str(event.address)), f": {doing_it}", faint(message)]


def progress_line(done: int, total: int, running: int, failed: int, elapsed: float) -> Line:
    """Return how far an apply is, for the live part of a terminal."""
    text = f"{done} of {total} done, {running} running" if total else f"{done} done, {running} running"
    wrong = [Span(f", {failed} failed", Tone.BAD)] if failed else []
    return ["  ", text, *wrong, faint(f"   {seconds(elapsed)}")]
