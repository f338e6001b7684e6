"""Every ACL policy of a cluster that users made, by its name: one request, in Enterprise one a namespace.

Consul's own policies have fixed IDs, and names below `builtin/`, which it refuses for others (1.14 to 1.22).
The policy `namespace-management` is put into each namespace of Enterprise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.sdk.address import Address
from reconciler.sdk.errors import NotSupported, ProviderError
from reconciler.sdk.provider import Present
from reconciler_consul.acl.api import Policy, list_policies
from reconciler_consul.server.api import ConsulApi

_OWN_ID = "00000000-0000-0000-0000-0000000000"  # and two digits
_OWN_NAMES = "builtin/"
_INJECTED = "namespace-management"


async def list_all(
    api: ConsulApi, namespaces: Iterable[str | None]
) -> tuple[dict[Address, Present], list[str]]:
    """Return the policies by address, without their rules, and sentences about what could not be read.

    A cluster without ACLs has none; those of a federation are its primary's.
    """
    out: dict[Address, Present] = {}
    try:
        if (await api.identity()).primary:
            return {}, []
        for namespace in namespaces:
            listed = await list_policies(api, api.here(None, namespace))
            out.update(_found(api.name, namespace, listed.values()))
    except NotSupported:
        return {}, []
    except ProviderError as error:
        return out, [f"ACL policies of {api.name} could not be read: {error.message}"]
    return out, []


def _found(
    cluster: str, namespace: str | None, policies: Iterable[Policy]
) -> Iterator[tuple[Address, Present]]:
    for policy in policies:
        if not _is_consuls(policy):
            address = Address("acl_policy", cluster, policy["Name"], None, namespace)
            yield address, Present(policy, int(policy.get("ModifyIndex", 0)), {"id": policy["ID"]})


def _is_consuls(policy: Policy) -> bool:
    name, identifier = str(policy["Name"]), str(policy["ID"])
    return identifier.startswith(_OWN_ID) or name.startswith(_OWN_NAMES) or name == _INJECTED
