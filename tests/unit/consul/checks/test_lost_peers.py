"""A redirect to a peer's service, and a local resolver of that name that somebody else keeps."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Planned
from reconciler.sdk.provider import Step, Verb
from tests.support.provider_lab import ProviderLab

AWAY = {"Redirect": {"Service": "api", "Peer": "east"}}
SUBSET = {"DefaultSubset": "v2", "Subsets": {"v2": {"Filter": ""}}}
OTHER = {"Redirect": {"Service": "billing"}}


def planned(name: str, after: dict[str, Any]) -> Planned:
    address = Address("service_resolver", "dc1", name)
    return Planned(address, Step(Verb.CREATE, address, None, after), after, after)


async def found(standing: tuple[str, dict[str, Any]], *items: Planned) -> list[str]:
    lab = ProviderLab("dc1")
    entry = {"Kind": "service-resolver", "Name": standing[0], **standing[1]}
    await lab.provider._apis["dc1"].http.send("PUT", "/v1/config", entry)
    findings = await lab.provider.check(items)
    return [
        f"{address.name} {one.rule}: {one.message}"
        for address, several in findings.items()
        for one in several
        if one.rule == "lost-peer" and one.hint and not one.blocks
    ]


@pytest.mark.parametrize(("standing", "field"), [(SUBSET, "DefaultSubset"), (OTHER, "Redirect")])
async def test_a_redirect_that_a_standing_resolver_takes_from_the_peer(
    standing: dict[str, Any], field: str
) -> None:
    assert await found(("api", standing), planned("web", AWAY)) == [
        f"web lost-peer: this redirect to api of peer east does not reach the peer: the {field} of the local "
        'service-resolver "api" replaces it'
    ]


async def test_a_resolver_that_takes_a_standing_redirect_from_the_peer() -> None:
    [remark] = await found(("web", AWAY), planned("api", SUBSET))
    assert remark.startswith('api lost-peer: the redirect of "web" to api of peer east does not reach')


@pytest.mark.parametrize("standing", [AWAY, {"Subsets": {"v2": {"Filter": ""}}}, {"ConnectTimeout": "1s"}])
async def test_a_resolver_that_leads_there_itself_or_nowhere_else_loses_nothing(
    standing: dict[str, Any],
) -> None:
    assert await found(("api", standing), planned("web", AWAY)) == []


async def test_what_is_declared_is_left_to_validate() -> None:
    assert await found(("api", SUBSET), planned("web", AWAY), planned("api", SUBSET)) == []
