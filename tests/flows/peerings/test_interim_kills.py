"""Applies with interim steps that are killed at a write, before it leaves or once it is executed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler import app
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.plan import Plan
from reconciler.sdk.foresight import Way
from tests.flows.peerings.test_kills import Killed
from tests.support.lab import Lab

_V1, _V2 = 'v1: {Filter: "Service.Meta.version == 1"}', 'v2: {Filter: "Service.Meta.version == 2"}'
_SUBSETS = """
service_defaults: {{dc1: {{web: {{protocol: http}}}}}}
config_entries:
  dc1:
    - {{Kind: service-resolver, Name: web, DefaultSubset: {name}, Subsets: {{{subset}}}}}
    - {{Kind: service-splitter, Name: web, Splits: [{{Weight: 100, ServiceSubset: {name}}}]}}
"""
_PROTOCOL = """
service_defaults: {{dc1: {{web: {{protocol: {protocol}}}, api: {{protocol: {protocol}}}}}}}
splits: {{dc1: {{web: {{web: 50, api: 50}}}}}}
"""
_EXPORTS = """
peerings: [{{mesh: [dc1, dc2, dc3]}}]
exports: {{dc1: {{web: [{exported}]}}}}
intentions:
  dc1:
    web:
      - {{from: "shop@{denied}", action: deny}}
"""
_NAMES = """
peerings:
  - {{between: [dc1, dc2], names: {{dc1: {one}, dc2: hub}}}}
  - {{between: [dc1, dc3], names: {{dc1: {other}, dc3: hub}}}}
exports: {{dc1: {{web: [dc2]}}}}
"""
CASES = {
    "widening": (
        Way.WIDEN,
        _SUBSETS.format(name="v1", subset=_V1),
        _SUBSETS.format(name="v2", subset=_V2),
    ),
    "take-down": (
        Way.TAKE_DOWN,
        _PROTOCOL.format(protocol="http"),
        _PROTOCOL.format(protocol="http2"),
    ),
    "narrowing": (
        Way.NARROW,
        _EXPORTS.format(exported="dc2", denied="dc2"),
        _EXPORTS.format(exported="dc3", denied="dc3"),
    ),
    "names swapped": (
        Way.TAKE_DOWN,
        _NAMES.format(one="one", other="other"),
        _NAMES.format(one="other", other="one"),
    ),
}


RENAMED = (_NAMES.format(one="one", other="other"), _NAMES.format(one="first", other="other"))
FROM_TO = {**{name: pair for name, (_, *pair) in CASES.items()}, "renamed": RENAMED}


class KillingAt(httpx.AsyncBaseTransport):
    """Counts writes, and ends the run at one of them."""

    def __init__(self, under: SandboxTransport, number: int, *, executed: bool) -> None:
        self.under, self.number, self.executed = under, number, executed
        self.writes = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.writes += request.method != "GET"
        if request.method == "GET" or self.writes != self.number:
            return await self.under.handle_async_request(request)
        if self.executed:
            await self.under.handle_async_request(request)
        raise Killed


class KillLab(Lab):
    """Clusters whose next run may be killed."""

    killing: KillingAt | None = None

    def options(self, **more: Any) -> app.Options:
        """As ever; with a transport that kills, where one was ordered."""
        transports = dict.fromkeys(self.names, self.killing) if self.killing else None
        given = super().options(**more)
        return replace(given, transports=transports) if transports else given

    async def begin(self, before: str, after: str) -> None:
        """Stand in the first configuration, with the second one declared."""
        self.write(self.clusters_yaml() + before)
        applied = await self.apply()
        assert applied.outcome is not None
        assert applied.outcome.is_complete
        self.write(self.clusters_yaml() + after)

    async def ends(self) -> None:
        """One more apply does the rest, and then nothing is left to do."""
        self.killing = None
        assert not [change for change in (await self.plan()).drifted if change.address.type == "peering"]
        applied = await self.apply()
        assert applied.outcome is None or applied.outcome.is_complete, applied.outcome
        plan = await self.plan()
        assert plan.actions == ()
        assert not plan.has_changes


def ways(plan: Plan) -> set[Way]:
    return {interim.way for _, interim in plan.steps if interim is not None}


_KINDS = (
    *("service-defaults", "service-resolver", "service-splitter"),
    *("exported-services", "service-intentions", "ingress-gateway"),
)


def stands(lab: Lab) -> list[tuple[str, object]]:
    """Everything that the clusters hold, without indexes and IDs."""
    out: list[tuple[str, object]] = []
    for name in lab.names:
        for kind in _KINDS:
            for entry in lab.call(name, "GET", f"/v1/config/{kind}"):
                changing = ("CreateIndex", "ModifyIndex", "Hash")
                out.append((name, {key: value for key, value in entry.items() if key not in changing}))
        for row in lab.call(name, "GET", "/v1/peerings"):
            out.append((name, {"Name": row["Name"], "State": row["State"]}))
    return out


@pytest.mark.parametrize("case", CASES)
async def test_uninterrupted_it_goes_in_one_apply_without_a_refusal(tmp_path: Path, case: str) -> None:
    way, before, after = CASES[case]
    lab = KillLab(tmp_path)
    await lab.begin(before, after)
    assert way in ways(await lab.plan())
    lab.clear()

    await lab.ends()

    assert lab.writes
    refused = [event for event in lab.events if "waits for other changes" in str(event)]
    assert refused == []


_ENTRIES = ("widening", "take-down", "narrowing")
# A link takes its time: before a write there is what was there once the one before it was executed.
_KILLS = [*((case, executed) for case in _ENTRIES for executed in (False, True))]
_KILLS += [("names swapped", True), ("renamed", True)]


@pytest.mark.long
@pytest.mark.parametrize(("case", "executed"), _KILLS)
async def test_killed_at_any_write_it_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, case: str, executed: bool
) -> None:
    before, after = FROM_TO[case]
    (tmp_path / "whole").mkdir()
    whole = KillLab(tmp_path / "whole")
    await whole.begin(before, after)
    whole.clear()
    await whole.ends()
    for number in range(1, len(whole.writes) + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        lab = KillLab(folder)
        await lab.begin(before, after)
        lab.killing = KillingAt(SandboxTransport(lab.world), number, executed=executed)
        with pytest.raises(BaseExceptionGroup) as caught:
            await lab.apply()
        assert caught.group_contains(Killed)
        await lab.ends()
        assert stands(lab) == stands(whole)
