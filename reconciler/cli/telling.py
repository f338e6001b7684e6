"""Notifications, once a run has ended: they change nothing of its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.cli.run import Run
from reconciler.cli.terminal.interrupts import Interrupts
from reconciler.model.failure import Cause, Failure
from reconciler.render.text.lines import Span, Tone

if TYPE_CHECKING:
    from reconciler.model.notifying.news import News

_CALLED_WRONGLY = frozenset({Cause.USAGE, Cause.NOT_A_TERMINAL})


def tell(run: Run, news: News) -> None:
    """Send the notifications that `reconciler.yaml` asks for; a warning for each that was not sent."""
    try:
        said = run.wait(_sent(run, news))
    except Failure:  # of the variables: the run has said so
        return
    run.err.lines([[Span("Warning: ", Tone.WARN), text] for text in said])


async def _sent(run: Run, news: News) -> tuple[str, ...]:
    """Send them; an interrupt ends only this."""
    from reconciler import app

    with Interrupts(lambda: None, lambda _: None, lambda: None) as interrupts:
        work = asyncio.ensure_future(app.notify(run.options(), news))
        interrupts.covers(work)
        try:
            return await work
        except asyncio.CancelledError:
            return ("the notifications were interrupted",)


@contextmanager
def telling_failures(run: Run, operation: str) -> Iterator[None]:
    """While open, receivers are notified of a failure, too."""
    try:
        yield
    except Failure as failure:
        tell_failure(run, operation, failure)
        raise


def tell_failure(run: Run, operation: str, failure: Failure) -> None:
    """Notify of a run that ended early; a command that was called wrongly is no news."""
    from reconciler.model.notifying.news import News
    from reconciler.model.verdict.value import failure_verdict

    if failure.cause not in _CALLED_WRONGLY:
        tell(run, News(operation, failure_verdict(failure)))
