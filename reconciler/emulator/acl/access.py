"""Whom a request's token stands for, and the refusal of what it may not do."""

from __future__ import annotations

from functools import partial
from typing import Any

from reconciler.emulator.acl.identities import rules_of
from reconciler.emulator.acl.places import own_rules, rules_at
from reconciler.emulator.acl.rules import Authorizer, merge
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Store
from reconciler.emulator.wire.messages import Refusal

OPEN = Authorizer(everything=True)
GLOBAL_MANAGEMENT = "00000000-0000-0000-0000-000000000001"
ANONYMOUS_NAME = "anonymous"
ANONYMOUS_ID = "00000000-0000-0000-0000-000000000002"
NOT_FOUND = "ACL not found"
UNMANAGED = "ACL system must be bootstrapped before making any requests that require authorization"
ANONYMOUS = "The anonymous token is used implicitly when a request does not specify a token."


def authorizer(context: Context) -> Authorizer:
    """Return what the request's token may do; 403 `ACL not found` for an unknown one."""
    cluster = context.cluster
    if not cluster.acl:
        return OPEN
    secret = context.token
    store = context.store if cluster.version.enterprise else cluster.store
    kept = store.cache.get(f"authorizer:{secret}")
    marker = [other.tables.get("acl", 0) for other in store.family.values()]
    if kept is None or kept[0] != marker:
        kept = (marker, _resolve(cluster, store, secret))
        store.cache[f"authorizer:{secret}"] = kept
    found: Authorizer | None = kept[1]
    if found is None:
        raise Refusal(403, NOT_FOUND if _is_managed(store) else f"{UNMANAGED}: {NOT_FOUND}")
    return found


def _is_managed(store: Store) -> bool:
    """Say whether a management token exists: until then no other token can."""
    links = (link for token in store.wide.tokens.values() for link in token.get("Policies") or ())
    return any(link["ID"] == GLOBAL_MANAGEMENT for link in links)


def _resolve(cluster: Cluster, here: Store, secret: str) -> Authorizer | None:
    if secret == cluster.management_token:
        return OPEN
    secret = secret or ANONYMOUS_NAME
    for home in here.family.values():
        for token in home.tokens.values():
            if token["SecretID"] == secret:
                return _of_token(cluster, token, home, here)
    return None


def _of_token(cluster: Cluster, token: dict[str, Any], home: Store, here: Store) -> Authorizer:
    held = [token, *(home.roles[role["ID"]] for role in token.get("Roles") or () if role["ID"] in home.roles)]
    ids = [link["ID"] for one in held for link in one.get("Policies") or ()]
    policies = [home.policies[identifier] for identifier in ids if identifier in home.policies]
    if any(policy["ID"] == GLOBAL_MANAGEMENT for policy in policies):
        return Authorizer(everything=True, accessor=token["AccessorID"])
    read = own_rules if len(home.family) == 1 else partial(rules_at, home=home.place, here=here.place)
    texts = [policy["Rules"] for policy in policies if _counts(policy, cluster)]
    texts += [text for one in held for text in rules_of(one, cluster.datacenter)]
    rules = merge(read(text) for text in texts)
    anonymous = token["SecretID"] == ANONYMOUS_NAME
    shown_as = ("" if cluster.version.at_least(15) else ANONYMOUS_ID) if anonymous else ""
    otherwise = cluster.default_policy == "allow"
    accessor = "" if anonymous else token["AccessorID"]
    return Authorizer(rules, accessor=accessor, shown_as=shown_as, otherwise=otherwise)


def _counts(policy: dict[str, Any], cluster: Cluster) -> bool:
    """Say whether a policy is for this datacenter."""
    return cluster.datacenter in (policy.get("Datacenters") or [cluster.datacenter])


def require(who: Authorizer, resource: str, access: str, name: str = "") -> None:
    """Refuse with Consul's 403 text unless the token has the permission."""
    if not who.allows(resource, access, name):
        raise denied(who, f"{resource}:{access}", name)


def denied(who: Authorizer, permission: str, name: str = "") -> Refusal:
    """Return Consul's 403 for a missing permission."""
    target = f' on "{name}"' if name else ""
    if who.shown_as:
        token = f"token with AccessorID '{who.shown_as}'"
        return Refusal(403, f"Permission denied: {token} lacks permission '{permission}'{target}")
    return Refusal(
        403, f"Permission denied: anonymous token lacks permission '{permission}'{target}. {ANONYMOUS}"
    )
