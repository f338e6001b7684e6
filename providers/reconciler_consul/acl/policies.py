"""ACL policies: read with their rules, made, changed and removed by their ID.

Consul's ACL API knows no compare-and-set: what is written over is looked at just before, and refused where
it is not what the plan saw. Policies live in the primary datacenter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, TypeVar

from reconciler.sdk.address import Address
from reconciler.sdk.errors import Ambiguous, Conflict, Invalid, ProviderError
from reconciler.sdk.provider import Applied, Observation, Present, Step, Unknown, Verb
from reconciler_consul.acl.api import Policy, delete_policy, get_policy, list_policies, put_policy
from reconciler_consul.kinds.names import folded
from reconciler_consul.kinds.policy_language import text_of
from reconciler_consul.kinds.remarks import spelling
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.values import Scope

Place = tuple[str, str | None, str | None]  # cluster, partition, namespace
T = TypeVar("T")


async def read(apis: Mapping[str, ConsulApi], wanted: Iterable[Address]) -> dict[Address, Observation]:
    """Read the wanted policies: one list for each place, and one request for each policy: lists carry no
    rules.
    """
    places: dict[Place, list[Address]] = {}
    for address in wanted:
        places.setdefault((address.cluster, address.partition, address.namespace), []).append(address)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_of_place(apis[place[0]], place, found))
            for place, found in places.items()
            if place[0] in apis
        ]
    return {address: seen for task in tasks for address, seen in task.result().items()}


async def _of_place(api: ConsulApi, place: Place, wanted: Iterable[Address]) -> dict[Address, Observation]:
    listed = await _outcome(_listed(api, place))
    if isinstance(listed, ProviderError):
        return dict.fromkeys(wanted, Unknown(listed))
    scope, known = listed
    async with asyncio.TaskGroup() as group:
        tasks = {
            address: group.create_task(_outcome(get_policy(api, known[folded(address.name)]["ID"], scope)))
            for address in wanted
            if folded(address.name) in known
        }
    return {
        address: _observed(address, tasks[address].result()) if address in tasks else None
        for address in wanted
    }


async def _listed(api: ConsulApi, place: Place) -> tuple[Scope, dict[str, Policy]]:
    scope = await _scope(api, place[1], place[2])
    return scope, await list_policies(api, scope)


async def _scope(api: ConsulApi, partition: str | None, namespace: str | None) -> Scope:
    return api.here(partition, namespace, (await api.identity()).primary)


async def _outcome(call: Awaitable[T]) -> T | ProviderError:
    try:
        return await call
    except ProviderError as error:
        return error


def _observed(address: Address, found: Policy | ProviderError | None) -> Observation:
    if isinstance(found, ProviderError):
        return Unknown(found)
    if found is None:
        return None
    remarks = tuple(spelling(address.name, found["Name"]))
    return Present(found, _version(found), {"id": found["ID"]}, remarks=remarks)


def _version(policy: Mapping[str, Any]) -> int:
    return int(policy.get("ModifyIndex", 0))


async def perform(api: ConsulApi, step: Step) -> Applied:
    """Make, change or remove one policy. Raises `Conflict` where it is not as the plan saw it."""
    scope = await _scope(api, step.address.partition, step.address.namespace)
    if step.verb is Verb.CREATE:
        return await _make(api, step, scope)
    now = await _unchanged(api, step, scope)
    if step.after is None:
        await delete_policy(api, now["ID"], scope)
        return Applied()
    # Consul refuses another spelling of the name: it is that of another policy, it says.
    same = {"ID": now["ID"], **_whole(step), "Name": now["Name"]}
    return _applied(await put_policy(api, same, scope))


def _whole(step: Step) -> dict[str, Any]:
    after = dict(step.after or {})
    return {**after, "Name": step.address.name, "Rules": text_of(after.get("Rules"))}


def _applied(policy: Policy) -> Applied:
    return Applied({"id": policy["ID"]}, _version(policy))


async def _make(api: ConsulApi, step: Step, scope: Scope) -> Applied:
    """Create a policy. After an ambiguous answer, read what exists: Consul creates a name only once."""
    try:
        return _applied(await put_policy(api, _whole(step), scope))
    except Ambiguous as error:
        first = error
    known = (await list_policies(api, scope)).get(folded(step.address.name))
    found = await get_policy(api, known["ID"], scope) if known else None
    if found is not None and found.get("Rules", "") == _whole(step)["Rules"]:
        return _applied(found)
    raise first


async def _unchanged(api: ConsulApi, step: Step, scope: Scope) -> Policy:
    """Return the policy, which is still as the plan saw it. Raises the conflict where it changed."""
    identifier = step.before.remote_ids.get("id") if step.before else None
    if not identifier or not step.expected_version:
        raise Invalid(f"{step.address}: a write without the version that the plan saw is never sent")
    now = await get_policy(api, identifier, scope)
    if now is None or folded(now["Name"]) != folded(step.address.name):
        raise _conflict(api, step, "was deleted after it was read")
    if _version(now) != step.expected_version:
        what = f"was changed after it was read (index {step.expected_version}, now {_version(now)})"
        raise _conflict(api, step, what)
    return now


def _conflict(api: ConsulApi, step: Step, what: str) -> Conflict:
    return Conflict(f"{step.address} {what}", cluster=api.name, hint="plan again to see its current content")
