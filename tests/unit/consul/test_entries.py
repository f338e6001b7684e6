"""Config entries: every write is guarded, only `true` counts, and a lost answer is resolved by looking."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.errors import Ambiguous, Conflict, Invalid, ProviderError
from reconciler.sdk.provider import ClusterConfig, Present, Settings, Step, Verb
from reconciler_consul import ConsulProvider
from tests.support.provider_lab import ProviderLab, Script, quiet

API = Address("service_intentions", "dc1", "api")
ALLOW = {"Sources": [{"Name": "web", "Action": "allow"}]}
DENY = {"Sources": [{"Name": "web", "Action": "deny"}]}


async def stored(lab: ProviderLab, address: Address = API) -> Present:
    seen = await lab.see(address)
    assert isinstance(seen, Present)
    return seen


async def test_the_life_of_an_entry() -> None:
    lab = ProviderLab("dc1")
    assert await lab.see(API) is None
    await lab.do(Verb.CREATE, API, ALLOW)
    made = await stored(lab)
    assert made.body["Sources"][0]["Action"] == "allow"
    await lab.do(Verb.UPDATE, API, DENY, made)
    changed = await stored(lab)
    assert changed.body["Sources"][0]["Action"] == "deny"
    await lab.do(Verb.DELETE, API, None, changed)
    assert await lab.see(API) is None
    assert len(lab.sent("PUT", "DELETE")) == 3


async def test_replacing_never_leaves_a_moment_without_the_entry() -> None:
    lab = ProviderLab("dc1")
    await lab.do(Verb.CREATE, API, ALLOW)
    await lab.do(Verb.REPLACE, API, DENY, await stored(lab))
    assert not lab.sent("DELETE")


async def test_creating_what_exists_with_other_content_is_a_conflict() -> None:
    lab = ProviderLab("dc1")
    await lab.do(Verb.CREATE, API, ALLOW)
    with pytest.raises(Conflict, match="exists by now with other content"):
        await lab.do(Verb.CREATE, API, DENY)
    assert (await stored(lab)).body["Sources"][0]["Action"] == "allow"


async def test_creating_what_exists_with_the_same_content_is_done() -> None:
    lab = ProviderLab("dc1")
    await lab.do(Verb.CREATE, API, ALLOW)
    made = await stored(lab)
    await lab.do(Verb.CREATE, API, ALLOW)
    assert await stored(lab) == made


@pytest.mark.parametrize("after", [ALLOW, None], ids=["update", "delete"])
async def test_what_changed_since_the_plan_is_left_alone(after: Any) -> None:
    lab = ProviderLab("dc1")
    await lab.do(Verb.CREATE, API, ALLOW)
    planned = await stored(lab)
    await lab.do(Verb.UPDATE, API, DENY, planned)
    with pytest.raises(Conflict, match="was changed after it was read"):
        await lab.do(Verb.UPDATE if after else Verb.DELETE, API, after, planned)
    assert (await stored(lab)).body["Sources"][0]["Action"] == "deny"


async def test_what_was_deleted_since_the_plan_is_not_recreated() -> None:
    lab = ProviderLab("dc1")
    await lab.do(Verb.CREATE, API, ALLOW)
    planned = await stored(lab)
    await lab.do(Verb.DELETE, API, None, planned)
    with pytest.raises(Conflict, match="was deleted after it was read"):
        await lab.do(Verb.UPDATE, API, DENY, planned)


async def test_a_write_without_a_version_is_never_sent() -> None:
    lab = ProviderLab("dc1")
    with pytest.raises(Invalid, match="without the version"):
        await lab.do(Verb.UPDATE, API, DENY, Present({}, 0))
    assert not lab.sent("PUT")


ODD_ANSWERS = ["false", "null", '""', "{}", "[]", '"true"', "1", "[true]"]


@pytest.mark.parametrize("body", ODD_ANSWERS)
async def test_nothing_but_true_counts_as_written(body: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "application/json"}
        if request.method == "PUT":
            return httpx.Response(200, content=body.encode(), headers=headers)
        if request.url.path.startswith("/v1/config/"):
            return httpx.Response(404, text='Config entry not found for "service-intentions" / "api"')
        return httpx.Response(200, json={"Config": {"Version": "1.20.0", "Datacenter": "dc1"}})

    settings = Settings(transports={"dc1": Script(answer)})
    provider = ConsulProvider({"dc1": ClusterConfig("dc1", "http://127.0.0.1:8500")}, settings)
    with pytest.raises(Conflict):
        await provider.perform(Step(Verb.CREATE, API, None, ALLOW), quiet)


@pytest.mark.parametrize("effect", ["lost", "answer"])
async def test_a_lost_or_failed_answer_is_resolved(effect: str) -> None:
    lab = ProviderLab("dc1")
    body = {"status": 500, "body": "rpc error making call: EOF"} if effect == "answer" else {}
    lab.world.faults.add(effect, method="PUT", path="/v1/config", **body)
    await lab.do(Verb.CREATE, API, ALLOW)
    assert (await stored(lab)).body["Sources"][0]["Action"] == "allow"


async def test_a_lost_answer_to_a_removal_is_resolved() -> None:
    lab = ProviderLab("dc1")
    await lab.do(Verb.CREATE, API, ALLOW)
    planned = await stored(lab)
    lab.world.faults.add("lost", method="DELETE")
    await lab.do(Verb.DELETE, API, None, planned)
    assert await lab.see(API) is None


async def test_a_lost_answer_and_a_foreign_write_in_between_is_a_conflict() -> None:
    lab = ProviderLab("dc1")
    await lab.do(Verb.CREATE, API, ALLOW)
    planned = await stored(lab)
    lab.world.faults.add("answer", method="PUT", status=502, body="bad gateway")
    # The first attempt never arrives; before the second somebody else writes.
    other = ProviderLab("dc1")
    other.world = lab.world
    other.provider = other.made()
    real = lab.provider._apis["dc1"].get_entry

    async def meanwhile(*args: Any) -> Any:
        found = await real(*args)
        await other.do(Verb.UPDATE, API, {"Sources": [{"Name": "x", "Action": "deny"}]}, planned)
        lab.provider._apis["dc1"].get_entry = real  # type: ignore[method-assign]
        return found

    lab.provider._apis["dc1"].get_entry = meanwhile  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        await lab.do(Verb.UPDATE, API, DENY, planned)
    assert (await stored(lab)).body["Sources"][0]["Name"] == "x"


async def test_the_same_unknown_error_twice_with_nothing_written_is_final() -> None:
    lab = ProviderLab("dc1")
    lab.world.faults.add("answer", method="PUT", status=500, body="some new rule is violated", times=2)
    with pytest.raises(Invalid, match="some new rule"):
        await lab.do(Verb.CREATE, API, ALLOW)


async def test_an_answer_that_stays_lost_is_reported_as_such() -> None:
    lab = ProviderLab("dc1")
    lab.world.faults.add("lost", method="PUT", times=2)
    with pytest.raises(Ambiguous):
        await lab.do(Verb.CREATE, API, ALLOW)


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        (Address("mesh", "dc1", "other"), "mesh.dc1/mesh"),
        (Address("proxy_defaults", "dc1", "local"), "proxy_defaults.dc1/global"),
        (Address("exported_services", "dc1", "mine"), "exported_services.dc1/default"),
    ],
)
async def test_names_that_a_single_entry_cannot_have_are_never_sent(address: Address, hint: str) -> None:
    lab = ProviderLab("dc1")
    for verb, after in ((Verb.CREATE, {}), (Verb.DELETE, None)):
        with pytest.raises(Invalid) as caught:
            await lab.do(verb, address, after, Present({}, 5))
        assert hint in caught.value.hint
    assert not lab.sent("PUT", "DELETE")


async def test_mesh_is_written_without_a_name_and_found_by_its_own() -> None:
    lab, mesh = ProviderLab("dc1"), Address("mesh", "dc1", "mesh")
    await lab.do(Verb.CREATE, mesh, {"Peering": {"PeerThroughMeshGateways": True}})
    seen = await stored(lab, mesh)
    assert seen.body["Peering"] == {"PeerThroughMeshGateways": True}
    await lab.do(Verb.DELETE, mesh, None, seen)
    assert await lab.see(mesh) is None


LISTENER = {"Port": 80, "Protocol": "tcp", "Services": [{"Name": "api"}]}


async def test_any_other_kind_goes_through() -> None:
    lab, gateway = ProviderLab("dc1"), Address("config_entry", "dc1", "ingress-gateway/front")
    await lab.do(Verb.CREATE, gateway, {"Listeners": [LISTENER]})
    assert (await stored(lab, gateway)).body["Name"] == "front"


async def test_a_write_without_a_body_is_never_sent() -> None:
    lab = ProviderLab("dc1")
    await lab.do(Verb.CREATE, API, ALLOW)
    seen = await stored(lab)
    with pytest.raises(Invalid, match="without a body"):
        await lab.do(Verb.UPDATE, API, None, seen)
    assert (await stored(lab)).body == seen.body


async def test_giving_up_our_part_of_a_shared_entry_writes_the_rest() -> None:
    lab, shared = ProviderLab("dc1"), Address("exported_services", "dc1", "default")
    ours = {"Name": "api", "Consumers": [{"Peer": "a"}]}
    theirs = {"Name": "billing", "Consumers": [{"Peer": "b"}]}
    await lab.do(Verb.CREATE, shared, {"Services": [ours, theirs]})
    await lab.do(Verb.RELEASE, shared, {"Services": [theirs]}, await stored(lab, shared))
    assert [item["Name"] for item in (await stored(lab, shared)).body["Services"]] == ["billing"]


async def test_a_refusal_says_what_to_do() -> None:
    lab, split = ProviderLab("dc1"), Address("service_splitter", "dc1", "api")
    with pytest.raises(ProviderError) as caught:
        await lab.do(Verb.CREATE, split, {"Splits": [{"Weight": 100, "Service": "api"}]})
    assert caught.value.code == "does-not-fit"
    assert "protocol" in caught.value.hint


async def test_a_thousand_writes_cost_a_thousand_requests() -> None:
    lab = ProviderLab("dc1")
    await lab.provider.read([])
    before = lab.provider.requests
    for number in range(50):
        await lab.do(Verb.CREATE, Address("service_intentions", "dc1", f"s{number}"), ALLOW)
    assert lab.provider.requests - before == 50
