"""The use case: notify the receivers of `reconciler.yaml` of how a run ended."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from reconciler.app.notifying import bodies
from reconciler.app.options import Options
from reconciler.app.workspace.configuring import read_configuration, state_place
from reconciler.app.workspace.origin import origin_of
from reconciler.config.operating.reading import load_operator
from reconciler.config.operating.settings import OperatorSettings
from reconciler.model.failure import Failure
from reconciler.model.notifying.hook import Hook, HookKind, Occasion
from reconciler.model.notifying.news import News, occasion
from reconciler.statestore.holder import this_run, utc


async def notify(options: Options, news: News, now: Callable[[], float] = time.time) -> tuple[str, ...]:
    """Notify every receiver that asks for it; return a sentence for each that was not. Raises nothing.

    To be called once the lock is released: receivers may be slow. `now` gives seconds since the epoch.
    """
    try:
        operator = load_operator(options.root)
    except Failure:  # the run itself has said so
        return ()
    what = occasion(news.verdict)
    hooks = [hook for hook in operator.notify if what in hook.on]
    if what is None or not hooks:
        return ()
    document = _document(options, operator, news, what, now())
    calls = [_failure(hook, _call(hook, document, options.environ, int(now()))) for hook in hooks]
    return tuple(text for text in await asyncio.gather(*calls) if text)


def _document(
    options: Options, operator: OperatorSettings, news: News, what: Occasion, now: float
) -> dict[str, Any]:
    about = bodies.About(
        id=str(uuid.uuid4()),
        at=utc(now),
        configuration=_name(options) if news.configuration is None else news.configuration or None,
        place=state_place(options, operator.state).shown,
        by=this_run(news.operation, "", "", now).who,
        origin=origin_of(options),
    )
    return bodies.webhook(news, what, about)


def _name(options: Options) -> str | None:
    """Return the configuration's name, for a run that ended before it read one; `None` where it has none, or
    cannot be read.
    """
    try:
        return read_configuration(options).desired.name
    except Failure:
        return None


async def _call(hook: Hook, document: Mapping[str, Any], environ: Mapping[str, str], now: int) -> None:
    from reconciler.app.notifying.sending import send

    body = bodies.content(bodies.slack(document) if hook.kind is HookKind.SLACK else document)
    headers = {
        "Content-Type": "application/json",
        "X-Reconciler-Event": document["event"],
        "X-Reconciler-Delivery": document["id"],
    }
    await send(hook, body, headers, environ, now)


async def _failure(hook: Hook, call: Coroutine[Any, Any, None]) -> str:
    """Return a sentence where a call failed for any reason."""
    who = f"notification {hook.number}{f' ({hook.url_env})' if hook.url_env else ''}"
    try:
        await call
    except bodies.NotDelivered as error:
        return f"{who} was not sent: {error}"
    except Exception as error:  # the run is over, and has an end of its own
        return f"{who} was not sent: {type(error).__name__}"
    return ""
