"""Removing a peering: both rows, and back only when both are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from reconciler.sdk.errors import Ambiguous, Conflict, Refused, TimedOut
from reconciler.sdk.provider import Condition
from reconciler_consul.peering.link import Link, now, tick
from reconciler_consul.peering.pair import End, judge_pair, linked
from reconciler_consul.peering.watch import FIRST_GAP, LAST_GAP

REPEAT = 1.0  # seconds after which a row that does not go is deleted again


async def remove(link: Link, ids: Mapping[str, str]) -> None:
    """Delete both rows and wait until both are gone.

    `ids` are the rows that were seen: a row that was made since then is left alone (`Conflict`).
    """
    acceptor, dialer = await link.look()
    _check_same(link, ids, acceptor, dialer)
    doomed = {end.cluster: end.id for end in (acceptor, dialer) if end.row}
    asked, gap, refused = -REPEAT, FIRST_GAP, None
    while acceptor.row or dialer.row:
        _check_deletable(doomed, acceptor, dialer)
        if now() - asked >= REPEAT:
            asked = now()
            refused = await _delete(link, [end for end in (acceptor, dialer) if end.row and not end.goes])
        if link.expired:
            raise refused or _still_there(link, acceptor, dialer)
        await tick(gap)
        gap = min(gap * 1.5, LAST_GAP)
        acceptor, dialer = await link.look_patiently()


async def _delete(link: Link, doomed: list[End]) -> Refused | None:
    """Ask for the removal of these ends; gives the refusal of one, which may be asked again."""
    if doomed:
        link.report("deleting " + " and ".join(end.shown() for end in doomed))
    results = await asyncio.gather(
        *(link.apis[end.cluster].delete_peering(end.name) for end in doomed),
        return_exceptions=True,
    )
    for result in results:
        # A lost answer or a refusal is no matter: the row is looked at before it is deleted once more.
        if isinstance(result, BaseException) and not isinstance(result, Ambiguous | Refused):
            raise result
    return next((result for result in results if isinstance(result, Refused)), None)


def _check_same(link: Link, ids: Mapping[str, str], acceptor: End, dialer: End) -> None:
    verdict = judge_pair(acceptor, dialer)
    if verdict.condition is Condition.CONFLICT:
        raise Conflict(verdict.why, cluster=link.spec.acceptor, hint="it is no longer this peering")
    for role, end in (("acceptor_id", acceptor), ("dialer_id", dialer)):
        if ids and end.row and end.id != ids.get(role, end.id if linked(acceptor, dialer) else ""):
            raise _made_again(end)


def _check_deletable(doomed: Mapping[str, str], acceptor: End, dialer: End) -> None:
    for end in (acceptor, dialer):
        if end.row and end.id != doomed.get(end.cluster):
            raise _made_again(end)


def _still_there(link: Link, acceptor: End, dialer: End) -> TimedOut:
    left = " and ".join(f"{end.shown()} ({end.state})" for end in (acceptor, dialer) if end.row)
    return TimedOut(
        f"still being deleted after {link.wait_timeout:.0f} s: {left}",
        cluster=acceptor.cluster if acceptor.row else dialer.cluster,
        hint="Consul removes what it imported first; apply again later",
    )


def _made_again(end: End) -> Conflict:
    return Conflict(f"{end.shown()} was recreated after it was read", cluster=end.cluster, hint="plan again")
