"""Whom a request's token stands for, and the refusal of what it may not do."""

from __future__ import annotations

from functools import partial
from typing import Any

from .acl_places import own_rules, rules_at
from .acl_rules import Authorizer, merge
from .cluster import Cluster
from .context import Context
from .messages import Refusal
from .store import Store

OPEN = Authorizer(everything=True)
ANONYMOUS_NAME = "anonymous"
ANONYMOUS_ID = "00000000-0000-0000-0000-000000000002"
NOT_FOUND = "ACL not found"
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
        raise Refusal(403, NOT_FOUND)
    return found


def _resolve(cluster: Cluster, here: Store, secret: str) -> Authorizer | None:
    if secret == cluster.management_token:
        return OPEN
    if secret in ("", ANONYMOUS_NAME):
        # Consul ≤1.14 has no words of its own for the anonymous token.
        return Authorizer(told="" if cluster.version.at_least(15) else ANONYMOUS_ID)
    for home in here.family.values():
        for token in home.tokens.values():
            if token["SecretID"] == secret:
                return _of_token(token, home, here)
    return None


def _of_token(token: dict[str, Any], home: Store, here: Store) -> Authorizer:
    ids = [link["ID"] for link in token.get("Policies") or ()]
    for role in token.get("Roles") or ():
        links = home.roles.get(role["ID"], {}).get("Policies") or ()
        ids += [link["ID"] for link in links]
    policies = [home.policies[identifier] for identifier in ids if identifier in home.policies]
    if any(policy["Name"] == "global-management" for policy in policies):
        return OPEN
    read = own_rules if len(home.family) == 1 else partial(rules_at, home=home.place, here=here.place)
    rules = merge(read(policy["Rules"]) for policy in policies)
    return Authorizer(rules, accessor=token["AccessorID"])


def require(who: Authorizer, resource: str, access: str, name: str = "") -> None:
    """Refuse with Consul's 403 text unless the token has the permission."""
    if not who.allows(resource, access, name):
        raise denied(who, f"{resource}:{access}", name)


def denied(who: Authorizer, permission: str, name: str = "") -> Refusal:
    """Return Consul's 403 for a missing permission."""
    target = f' on "{name}"' if name else ""
    if who.told:
        token = f"token with AccessorID '{who.told}'"
        return Refusal(403, f"Permission denied: {token} lacks permission '{permission}'{target}")
    return Refusal(
        403, f"Permission denied: anonymous token lacks permission '{permission}'{target}. {ANONYMOUS}"
    )
