"""What a cluster with ACLs begins with: built-in policies, the anonymous and the first management token."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import ANONYMOUS_ID, GLOBAL_MANAGEMENT
from reconciler.emulator.acl.rows import stamp
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.core.versions import Version

Row = dict[str, Any]
READ_ONLY = "00000000-0000-0000-0000-000000000002"
BUILTIN = {GLOBAL_MANAGEMENT: "global-management", READ_ONLY: "builtin/global-read-only"}
NAMED = ("agent", "event", "key")
AFTER = ("query", "service", "session")


def _block(resource: str, access: str) -> str:
    intentions = f'\n\tintentions = "{access}"' if resource in ("service", "identity") else ""
    return f'{resource}_prefix "" {{\n\tpolicy = "{access}"{intentions}\n}}'


def rules(access: str, version: Version) -> str:
    """Return rules that give `access` to everything; Consul 1.17 to 1.19 knew identities."""
    named = NAMED if not 17 <= version.minor < 20 else ("agent", "event", "identity", "key")
    lines = [f'acl = "{access}"', *(_block(name, access) for name in named), f'keyring = "{access}"']
    lines += [_block("node", access), *(f'{name} = "{access}"' for name in ("operator", "mesh", "peering"))]
    return "\n" + "\n".join([*lines, *(_block(name, access) for name in AFTER)])


def seed(world: WorldState, cluster: Cluster, *, bootstrapped: bool) -> None:
    """Put policies and tokens into a store without ACLs; without `bootstrapped` no management token."""
    words = "A built-in policy that grants {} access to all Consul features"
    _policy(cluster, GLOBAL_MANAGEMENT, words.format("read and write"), "write")
    if cluster.version.at_least(17):
        _policy(cluster, READ_ONLY, words.format("read-only"), "read")
    link = {"ID": GLOBAL_MANAGEMENT, "Name": BUILTIN[GLOBAL_MANAGEMENT]}
    if bootstrapped:
        secret = cluster.management_token
        row = {"SecretID": secret, "Description": "Initial Management Token", "Policies": [link]}
        put_first(world, cluster, {"AccessorID": world.new_id(), **row})
    anonymous = {"AccessorID": ANONYMOUS_ID, "SecretID": "anonymous", "Description": "Anonymous Token"}
    put_first(world, cluster, anonymous)


def _policy(cluster: Cluster, identifier: str, description: str, access: str) -> None:
    name = BUILTIN[identifier]
    row = {
        "ID": identifier,
        "Name": name,
        "Description": description,
        "Rules": rules(access, cluster.version),
    }
    stamp(cluster, cluster.store, cluster.store.policies, identifier, row)


def put_first(world: WorldState, cluster: Cluster, row: Row) -> Row:
    """Store a token that the servers create by themselves."""
    row = {**row, "Local": False, "CreateTime": world.wall()}
    return stamp(cluster, cluster.store, cluster.store.tokens, row["AccessorID"], row)
