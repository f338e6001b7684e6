"""Making and removing peerings: both ends, in one step, until both say so.

The token lives in one local variable between generating and establishing, as a `Secret`, nowhere else.
Every write is preceded by a look at both rows: a healthy link never receives one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from providers.consul.answers import EXCHANGE_FAILED
from providers.consul.api import ConsulApi
from providers.consul.pair import End, Verdict, judge_pair, linked
from providers.consul.peering_body import Site, Spec, ends, status_text
from providers.consul.watch import FIRST_GAP, LAST_GAP, Watch
from reconciler.sdk.errors import (
    Ambiguous,
    Conflict,
    Invalid,
    NotSent,
    NotSupported,
    ProviderError,
    Refused,
    TimedOut,
    TokenSpent,
)
from reconciler.sdk.provider import Applied, Condition, Report, Step, Verb
from reconciler.sdk.secret import Secret

TOKENS = 3  # how many tokens one step may generate before it gives up
GRACE = 1.0  # seconds to wait for a link whose establishing was not answered
REPEAT = 1.0  # seconds after which a row that does not go is deleted again
TELL_AFTER = 1.0  # seconds: a shorter wait is not worth a word


@dataclass(frozen=True, slots=True)
class Peerings:
    """What a peering step reaches: each cluster's API and its watch, and how long a wait may be."""

    apis: Mapping[str, ConsulApi]
    watches: Mapping[str, Watch]
    wait_timeout: float

    async def perform(self, step: Step, report: Report) -> Applied:
        """Do one step on a peering. Raises `ProviderError`."""
        before = Spec.of(step.address, step.before.body) if step.before else None
        after = Spec.of(step.address, step.after) if step.after is not None else None
        if step.verb is Verb.UPDATE:
            hint = f'plan with --replace "{step.address}" to make it anew'
            raise NotSupported(f"{step.address} can not be changed in place", hint=hint)
        ids = step.before.remote_ids if step.before else {}
        if after is not None:
            _check_names(after)
        if before is not None and step.verb in (Verb.DELETE, Verb.REPLACE):
            await _Link(self, before, report).remove(ids)
        if after is None:
            return Applied(status="gone on both ends")
        # What stood there when the plan was made may be cleared away; what came since may not.
        return await _Link(self, after, report, may_clear=step.before is not None).make()


class _Link:
    """The work on one peering in one step."""

    def __init__(self, world: Peerings, spec: Spec, report: Report, *, may_clear: bool = False) -> None:
        self.world = world
        self.spec = spec
        self.report = report
        self.may_clear = may_clear
        self.acceptor = world.apis[spec.acceptor]
        self.dialer = world.apis[spec.dialer]
        self.deadline = 0.0
        self._again()

    def _again(self) -> None:
        self.deadline = _now() + self.world.wait_timeout

    # Looking

    async def look(self) -> tuple[End, End]:
        """Acceptor and dialer as they are now."""
        one, other = self.spec.acceptor, self.spec.dialer
        here, there = await asyncio.gather(self._site(one), self._site(other))
        return ends(self.spec, {one: here, other: there})

    async def _site(self, cluster: str) -> Site:
        known = await self.world.apis[cluster].identity()
        return Site(await self.world.watches[cluster].rows(), known.datacenter, known.trust_domain)

    async def look_patiently(self) -> tuple[End, End]:
        """The same while waiting: a cluster that does not answer for a moment is asked again."""
        while True:
            try:
                return await self.look()
            except (NotSent, Refused, Ambiguous) as error:
                if _now() >= self.deadline:
                    raise
                self.report(f"waiting for {error.cluster or 'a cluster'} to answer again")
            await asyncio.sleep(LAST_GAP)

    # Making

    async def make(self) -> Applied:
        """Bring the link up from whatever is there, and believe only ACTIVE read on both ends."""
        for last in (False, True):
            acceptor, dialer = await self.look()
            verdict = judge_pair(acceptor, dialer)
            if verdict.condition in (Condition.BROKEN, Condition.LEAVING) and self.may_clear:
                await self.remove(_ids(acceptor, dialer))
                verdict = Verdict(None)
            self._check_free(verdict)
            if verdict.condition in (None, Condition.INCOMPLETE):
                await self._connect()
                self.may_clear = True  # from here on the rows are ours
            applied, why = await self._active()
            if applied is not None:
                return applied
            if last:
                break
            self.report(f"{why}; making both ends again")
            self._again()
        raise TimedOut(f"the link did not come up: {why}", cluster=self.spec.dialer, hint="apply again")

    def _check_free(self, verdict: Verdict) -> None:
        if verdict.condition in (Condition.CONFLICT, Condition.BROKEN, Condition.LEAVING):
            hint = "choose other names for this peering's ends"
            if verdict.condition is not Condition.CONFLICT:
                hint = "this came after the plan was made: plan again"
            raise Conflict(verdict.why, cluster=self.spec.acceptor, hint=hint)

    async def _connect(self) -> None:
        """Generate and establish until a token was taken; a token is never sent twice."""
        error: ProviderError | None = None
        for _ in range(TOKENS):
            token = await self._generate()
            self.report(f"token generated by {self.spec.acceptor}")
            try:
                await self.dialer.establish(self.spec.names[self.spec.dialer], token, self.spec.meta)
            except TokenSpent as spent:
                error = spent
            except Ambiguous as lost:
                if EXCHANGE_FAILED in lost.message:
                    raise self._no_way(lost) from None
                if await self._came_up():
                    break
                error = lost
            else:
                break
        else:
            assert error is not None
            error.hint = error.hint or "apply again: what is half-made is used"
            raise error
        self.report(f"token generated by {self.spec.acceptor}, established by {self.spec.dialer}")

    async def _generate(self) -> Secret:
        """A token. After a lost answer the next one replaces it: nobody can have used it yet."""
        name, spec = self.spec.names[self.spec.acceptor], self.spec
        for _ in range(TOKENS - 1):
            try:
                return await self.acceptor.generate_token(name, spec.meta, list(spec.external))
            except Ambiguous:
                await asyncio.sleep(LAST_GAP)
        return await self.acceptor.generate_token(name, spec.meta, list(spec.external))

    async def _came_up(self) -> bool:
        """Whether an establishing whose answer was lost was done: linked, and no longer PENDING."""
        end = _now() + GRACE
        while _now() < end:
            acceptor, dialer = await self.look_patiently()
            if linked(acceptor, dialer) and dialer.state != "PENDING":
                return True
            await asyncio.sleep(LAST_GAP)
        return False

    def _no_way(self, error: ProviderError) -> TimedOut:
        """The dialer's servers could not reach the acceptor's, over gRPC, which is not the HTTP API."""
        one, other = self.spec.acceptor, self.spec.dialer
        found = _TRIED.search(error.message)
        where = f" at {found[1]}" if found else ""
        why = _REASON.findall(error.message)
        return TimedOut(
            f"{other} could not reach {one}{where} to exchange the secret" + (f": {why[0]}" if why else ""),
            cluster=other,
            status=error.status,
            hint=f"the servers of {other} must reach the gRPC TLS port (8503) of {one}'s servers, or its "
            f"mesh gateways if it peers through them; behind NAT set server_external_addresses; "
            f"what is half-made is used by the next apply",
        )

    async def _active(self) -> tuple[Applied | None, str]:
        """Wait until both ends read ACTIVE; gives no result where waiting is of no use, and why."""
        began, gap = _now(), FIRST_GAP
        while True:
            acceptor, dialer = await self.look_patiently()
            verdict = judge_pair(acceptor, dialer)
            if verdict.condition is Condition.READY:
                status = status_text(acceptor, dialer, verdict, datetime.now(UTC))
                return Applied(_ids(acceptor, dialer), status=status), ""
            if verdict.condition not in (Condition.UNHEALTHY, Condition.INCOMPLETE):
                return None, verdict.why or "both ends are gone again"
            if _now() >= self.deadline:
                raise self._not_active(acceptor, dialer, verdict)
            if _now() - began >= TELL_AFTER:
                self.report(_waiting(acceptor, dialer))
            await _tick(gap)
            gap = min(gap * 1.5, LAST_GAP)

    def _not_active(self, acceptor: End, dialer: End, verdict: Verdict) -> TimedOut:
        return TimedOut(
            f"not ACTIVE on both ends after {self.world.wait_timeout:.0f} s: {verdict.why}",
            cluster=self.spec.dialer,
            hint=f"{dialer.cluster} dials the gRPC TLS port of {acceptor.cluster}'s servers; see their logs. "
            "Nothing is made again while the ends belong together",
        )

    # Removing

    async def remove(self, ids: Mapping[str, str]) -> None:
        """Delete both rows and wait until both are gone.

        `ids` are the rows that were seen: a row that was made since then is left alone (`Conflict`).
        """
        acceptor, dialer = await self.look()
        self._check_same(ids, acceptor, dialer)
        doomed = {end.cluster: end.id for end in (acceptor, dialer) if end.row}
        asked, gap = -REPEAT, FIRST_GAP
        while acceptor.row or dialer.row:
            self._check_deletable(doomed, acceptor, dialer)
            if _now() - asked >= REPEAT:
                asked = _now()
                await self._delete([end for end in (acceptor, dialer) if end.row and not end.goes])
            if _now() >= self.deadline:
                raise self._still_there(acceptor, dialer)
            await _tick(gap)
            gap = min(gap * 1.5, LAST_GAP)
            acceptor, dialer = await self.look_patiently()

    async def _delete(self, doomed: list[End]) -> None:
        if doomed:
            self.report("deleting " + " and ".join(end.shown() for end in doomed))
        results = await asyncio.gather(
            *(self.world.apis[end.cluster].delete_peering(end.name) for end in doomed),
            return_exceptions=True,
        )
        for result in results:
            # A lost answer is no matter: the row is looked at again, and deleting it twice is harmless.
            if isinstance(result, BaseException) and not isinstance(result, Ambiguous):
                raise result

    def _check_same(self, ids: Mapping[str, str], acceptor: End, dialer: End) -> None:
        verdict = judge_pair(acceptor, dialer)
        if verdict.condition is Condition.CONFLICT:
            raise Conflict(verdict.why, cluster=self.spec.acceptor, hint="it is not this peering any more")
        for role, end in (("acceptor_id", acceptor), ("dialer_id", dialer)):
            if ids and end.row and end.id != ids.get(role, end.id if linked(acceptor, dialer) else ""):
                raise _made_again(end)

    def _check_deletable(self, doomed: Mapping[str, str], acceptor: End, dialer: End) -> None:
        for end in (acceptor, dialer):
            if end.row and end.id != doomed.get(end.cluster):
                raise _made_again(end)

    def _still_there(self, acceptor: End, dialer: End) -> TimedOut:
        left = " and ".join(f"{end.shown()} ({end.state})" for end in (acceptor, dialer) if end.row)
        return TimedOut(
            f"still being deleted after {self.world.wait_timeout:.0f} s: {left}",
            cluster=acceptor.cluster if acceptor.row else dialer.cluster,
            hint="Consul removes what it imported first; apply again later",
        )


_TRIED = re.compile(r'(?:through address|secret with) "([^"]+)"')
_REASON = re.compile(
    r"(connection refused|no route to host|i/o timeout|deadline exceeded|tls: [^*\"]+?)(?: \*|\"|$)"
)


def _check_names(spec: Spec) -> None:
    """Consul takes `token` and `establish` as names, and its own routes then hide the row."""
    for cluster, name in spec.names.items():
        if name.lower() in ("token", "establish"):
            message = (
                f'"{name}" can not be the name of a peering on {cluster}: Consul could not show it again'
            )
            raise Invalid(message, cluster=cluster, hint="choose another name for this end")


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _tick(gap: float) -> None:
    """Sleep until the next multiple of `gap`: all who wait wake together and share one list."""
    await asyncio.sleep(gap - _now() % gap)


def _ids(acceptor: End, dialer: End) -> dict[str, str]:
    ids = {"acceptor_id": acceptor.id, "dialer_id": dialer.id}
    return {role: value for role, value in ids.items() if value}


def _waiting(acceptor: End, dialer: End) -> str:
    late = next((end for end in (dialer, acceptor) if end.state != "ACTIVE"), dialer)
    return f"waiting for {late.cluster} to report ACTIVE, now {late.state}"


def _made_again(end: End) -> Conflict:
    return Conflict(f"{end.shown()} was made again after it was read", cluster=end.cluster, hint="plan again")
