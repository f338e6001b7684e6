"""Writing config entries: whole entries, each guarded by the ModifyIndex that the plan saw.

Consul answers a compare-and-set that it refuses with status 200 and `false`. It answers `true` without
looking at the index when the content is already there, so the same write may be sent again after a lost
answer: it is then either done already, or done now, or refused because of another write in between.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from reconciler.sdk.consul.entry_kinds import is_namespaced
from reconciler.sdk.errors import Ambiguous, Conflict, Invalid
from reconciler.sdk.provider import Applied, Body, Step, Verb
from reconciler_consul.kinds.names import check_ref
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.values import Scope


async def perform(api: ConsulApi, step: Step) -> Applied:
    """Write or remove one entry. Raises `Conflict` where it is not as the plan saw it.

    Replacing writes the whole entry at once: removing intentions first would open what they close.
    """
    identity = await api.identity()
    kind, name = check_ref(step.address, enterprise=identity.info.facts.get("edition") == "enterprise")
    namespace = step.address.namespace if is_namespaced(kind) else None
    scope = api.here(step.address.partition, namespace, identity.primary)
    cas = _guard(step)
    if step.verb is Verb.DELETE:
        write = _removal(api, kind, name, cas, scope)
    elif step.after is not None:
        write = _writing(api, _whole(kind, name, step.after, scope), cas, scope)
    else:  # empty intentions would open what those that are there close
        raise Invalid(f"{step.address}: a write without a body is never sent")
    if not await _settled(api, kind, name, cas, scope, write):
        raise await _conflict(api, step, kind, name, scope)
    return Applied()


def _guard(step: Step) -> int:
    """Return the index to compare with: 0 for an entry that must not exist yet."""
    if step.verb is Verb.CREATE:
        return 0
    index = step.expected_version or (step.before.version if step.before else 0)
    if not index:
        raise Invalid(f"{step.address}: a write without the version that the plan saw is never sent")
    return index


def _whole(kind: str, name: str, body: Body, scope: Scope) -> dict[str, Any]:
    """Return the entry as it is sent. A mesh entry has no Name: Consul refuses it there."""
    identity = {"Kind": kind} if kind == "mesh" else {"Kind": kind, "Name": name}
    where = {"Partition": scope.partition, "Namespace": scope.namespace if is_namespaced(kind) else None}
    return {**body, **identity, **{field: value for field, value in where.items() if value}}


def _writing(api: ConsulApi, entry: dict[str, Any], cas: int, scope: Scope) -> Callable[[], Awaitable[bool]]:
    return lambda: api.put_entry(entry, cas, scope)


def _removal(api: ConsulApi, kind: str, name: str, cas: int, scope: Scope) -> Callable[[], Awaitable[bool]]:
    return lambda: api.delete_entry(kind, name, cas, scope)


async def _settled(
    api: ConsulApi, kind: str, name: str, cas: int, scope: Scope, write: Callable[[], Awaitable[bool]]
) -> bool:
    """Write; after an answer that says nothing, look what is there and send the same once more."""
    try:
        return await write()
    except Ambiguous as error:
        first = error
    await api.get_entry(kind, name, scope)  # a cluster that cannot be read must not be written to again
    try:
        return await write()
    except Ambiguous as error:
        second = error
    now = await api.get_entry(kind, name, scope)
    if int((now or {}).get("ModifyIndex", 0)) == cas and first.message == second.message:
        raise Invalid(
            second.message,
            cluster=api.name,
            hint="the server said so twice and changed nothing",
            status=second.status,
        )
    raise second


async def _conflict(api: ConsulApi, step: Step, kind: str, name: str, scope: Scope) -> Conflict:
    now = await api.get_entry(kind, name, scope)
    if now is None:
        what = "was deleted after it was read"
    elif step.verb is Verb.CREATE:
        what = "exists by now with other content"
    else:
        what = f"was changed after it was read (index {step.expected_version}, now {now.get('ModifyIndex')})"
    return Conflict(f"{step.address} {what}", cluster=api.name, hint="plan again to see its current content")
