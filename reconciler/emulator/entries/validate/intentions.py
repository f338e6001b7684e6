"""What Consul refuses about service-intentions."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.versions import Version
from reconciler.emulator.entries.validate.http import check_header, check_methods, check_paths, count_set
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
ACTIONS = ("allow", "deny")


def validate_intentions(name: str, value: Value, version: Version) -> None:
    """Raise the Refusal for an intentions entry, if any."""
    _check_wildcard(name, "")
    _check_place(name, "", value)
    sources = value.get("Sources") or []
    if not sources:
        raise Refusal(500, "At least one source is required")
    seen: set[tuple[str, ...]] = set()
    for place, source in enumerate(sources):
        where = f"Sources[{place}]"
        _check_name(where, source, version)
        _check_action(where, source, name)
        for number, permission in enumerate(source.get("Permissions", ())):
            _check_permission(f"{where}.Permissions[{number}]", permission, version)
        _check_unique(where, source, seen)


def _check_wildcard(text: str, where: str) -> None:
    if "*" in text and text != "*":
        raise Refusal(500, f"{where}Name: wildcard character '*' cannot be used with partial values")


def _check_place(name: str, where: str, part: Value) -> None:
    """Check a place (Enterprise): `validateIntentionWildcards` of
    agent/structs/config_entry_intentions.go.
    """
    namespace = part.get("Namespace", "")
    if "*" in namespace and namespace != "*":
        raise Refusal(500, f"{where}Namespace: wildcard character '*' cannot be used with partial values")
    if namespace == "*" != name:
        raise Refusal(500, f"{where}Name: exact value cannot follow wildcard namespace")
    if "*" in part.get("Partition", ""):
        raise Refusal(500, f"{where}Partition: cannot use wildcard '*' in partition")


def _check_exclusive(where: str, source: Value) -> None:
    for one, other, end in (("Peer", "Partition", "."), ("SamenessGroup", "Partition", ""), _GROUP_AND_PEER):
        if source.get(one) and source.get(other):
            raise Refusal(500, f"{where}.{one}: cannot set {one} and {other} at the same time{end}")


_GROUP_AND_PEER = ("SamenessGroup", "Peer", "")


def _check_name(where: str, source: Value, version: Version) -> None:
    if not source.get("Name"):
        raise Refusal(500, f"{where}.Name is required")
    if source.get("SamenessGroup") and not version.enterprise:
        raise Refusal(500, f"{where}.SamenessGroup: Sameness groups are a Consul Enterprise feature. ")
    _check_wildcard(source["Name"], f"{where}.")
    _check_place(source["Name"], f"{where}.", source)
    if "*" in source.get("Peer", ""):
        raise Refusal(500, f"{where}.Peer: cannot use wildcard '*' in peer")
    _check_exclusive(where, source)
    if len(source.get("Description", "")) > 512:
        raise Refusal(500, f"{where}.Description exceeds maximum length 512")
    if source.get("LegacyMeta"):
        raise Refusal(500, f"{where}.LegacyMeta must be omitted")


def _check_action(where: str, source: Value, destination: str) -> None:
    permissions = source.get("Permissions")
    if not permissions and source.get("Action", "") not in ACTIONS:
        raise Refusal(500, f"{where}.Action must be set to 'allow' or 'deny'")
    if permissions and source.get("Action"):
        raise Refusal(500, f"{where}.Action must be omitted if Permissions are specified")
    if permissions and destination == "*":
        raise Refusal(
            500, f"{where}.Permissions cannot be specified on intentions with wildcarded destinations"
        )
    if source.get("Type") != "consul":
        raise Refusal(500, f"{where}.Type must be set to 'consul'")


def _check_permission(where: str, permission: Value, version: Version) -> None:
    parts = "Suffix, Contains" if version.at_least(21) else "Suffix"
    if permission.get("Action", "") not in ACTIONS:
        raise Refusal(500, f"{where}.Action must be set to 'allow' or 'deny'")
    http = permission.get("HTTP")
    if http is None:
        raise Refusal(500, f"{where}.HTTP is required")
    where += ".HTTP"
    check_paths(where, ".", http)
    for number, header in enumerate(http.get("Header", ())):
        check_header(f"{where}.Header[{number}]", header, parts)
    check_methods(f"{where}.", http.get("Methods", ()))
    if not count_set(http, "PathExact", "PathPrefix", "PathRegex", "Header", "Methods"):
        raise Refusal(500, f"{where} should not be empty")


def _check_unique(where: str, source: Value, seen: set[tuple[str, ...]]) -> None:
    peer, group = source.get("Peer", ""), source.get("SamenessGroup", "")
    key = (peer, group, source["Name"], source.get("Namespace", ""), source.get("Partition", ""))
    if key in seen:
        shown = f'peer("{peer}") ' if peer else f'sameness-group("{group}") ' if group else ""
        raise Refusal(500, f'{where} defines {shown}"{source["Name"]}" more than once')
    seen.add(key)
