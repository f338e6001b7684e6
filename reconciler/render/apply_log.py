"""The log of an apply: one line an event, in Terraform's words."""

from __future__ import annotations

from reconciler.model.change import Action
from reconciler.model.event import Event, Failed, Progress, Skipped, Started, Succeeded, Unconfirmed
from reconciler.render.lines import Line, Span, Tone, faint, seconds, strong

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
    """`Creating`."""
    return _DOING.get(action, "Working")


def event_line(event: Event, *, again: bool = False) -> Line:
    """The event as a line. `again`: a progress that repeats what was said before, because it takes long."""
    head: Line = [strong(f"{event.address}: ")]
    match event:
        case Started():
            return [*head, f"{doing(event.action)}..."]
        case Progress():
            return [*head, *_progress(event, again)]
        case Succeeded():
            status = f" [{event.status}]" if event.status else ""
            noun = _NOUN.get(event.action, "Work")
            return [*head, Span(f"{noun} complete", Tone.ADD), f" after {seconds(event.elapsed)}{status}"]
        case Failed():
            noun = _NOUN.get(event.action, "Work")
            failed = Span(f"{noun} failed", Tone.REMOVE)
            return [*head, failed, f" after {seconds(event.elapsed)}: {event.error.message}"]
        case Unconfirmed():
            return [*head, Span("Not as written", Tone.REMOVE), f": {event.error.message}"]
        case Skipped():
            return [*head, faint(f"Skipped: {event.because}")]


def _progress(event: Progress, again: bool) -> Line:
    if not again:
        return [event.message]
    still = f"Still {doing(event.action).lower()}... [{seconds(event.elapsed)} elapsed]"
    return [f"{still}  {event.message}" if event.message else still]


def running_line(event: Started | Progress, elapsed: float) -> Line:
    """A step in flight, for the live part of a terminal."""
    message = f"  {event.message}" if isinstance(event, Progress) and event.message else ""
    doing_it = f"{doing(event.action)}... {seconds(elapsed)}"
    return ["  ", strong(str(event.address)), f": {doing_it}", faint(message)]


def progress_line(done: int, total: int, running: int, failed: int, elapsed: float) -> Line:
    """How far an apply is, for the live part of a terminal."""
    text = f"{done} of {total} done, {running} running" if total else f"{done} done, {running} running"
    wrong = [Span(f", {failed} failed", Tone.BAD)] if failed else []
    return ["  ", text, *wrong, faint(f"   {seconds(elapsed)}")]
