"""Rules for permissions: what people read into a list of them, and Consul does not.

Live, 1.18 to 1.20, with real requests: the first permission that matches decides; where none does, neither a
`*` source nor the destination `*` is asked, but the default intention.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic

Source = Mapping[str, Any]
Permission = Mapping[str, Any]
WILDCARD = "*"
_EVERYTHING = ({"pathprefix": "/"}, {"pathregex": ".*"})


def permission_order(permissions: list[tuple[int, Permission]], place: Place) -> Iterator[Diagnostic]:
    """Report a permission after one that takes every request."""
    everything = next((number for number, item in permissions if _takes_all(item)), None)
    if everything is not None and everything < permissions[-1][0]:
        summary = f"permission {everything + 1} takes every request: those after it are never reached"
        hint = "the first that matches decides; put the broad one last"
        yield place.problem("unreachable-permission", summary, hint, warning=True)


def evadable_denies(permissions: list[tuple[int, Permission]], place: Place) -> Iterator[Diagnostic]:
    """Report a deny of a path before an allow that takes other spellings of that path.

    Seen with real requests: `//admin` and `/Admin` pass a deny of `/admin` on 1.18 to 1.22; up to 1.20
    `/ok/../admin` and `/%61dmin` do, too.
    """
    denied = ""
    for _, permission in permissions:
        path = _path(permission)
        if get(permission, "Action") == "deny" and path is not None and path != "/":
            denied = denied or path
        elif denied and get(permission, "Action") == "allow" and path in (None, "/"):
            summary = (
                f'the deny of "{denied}" does not hold for other spellings of that path, as in /{denied}'
            )
            hint = "allow the paths that may be called, and deny the rest"
            yield place.problem("evadable-deny", summary, hint, warning=True)
            return


def _path(permission: Permission) -> str | None:
    """Return the path that a permission is about; `None` where it is about every path."""
    http = get(permission, "HTTP")
    found = next(
        (get(http, name) for name in ("PathExact", "PathPrefix", "PathRegex") if get(http, name)), None
    )
    return None if found in (None, ".*") else str(found)


def open_remainder(
    source: Source, draft: Draft, drafts: Drafts, links: Links, place: Place
) -> Iterator[Diagnostic]:
    """Report permissions that allow something, beside a deny that does not reach what they leave out."""
    permissions = [item for _, item in maps(get(source, "Permissions"))]
    allows = any(get(item, "Action") == "allow" for item in permissions)
    if not allows or any(_takes_all(item) for item in permissions):
        return
    default = _default(draft, drafts)
    denied = _denied_otherwise(source, draft, drafts, links)
    if default != "deny" and (denied or default == "allow"):
        instead = f", not the deny of {denied}" if denied else ""
        summary = f"the default intention decides what no permission here matches{instead}"
        hint = "to deny the rest, end the list with  {action: deny, http: {path_prefix: /}}"
        yield place.problem("open-remainder", summary, hint, warning=True)


def _takes_all(permission: Permission) -> bool:
    """Say whether a permission matches every request."""
    http = get(permission, "HTTP")
    if not isinstance(http, Mapping):
        return False
    given = {str(key).replace("_", "").lower(): value for key, value in http.items() if value}
    return given in _EVERYTHING and not get(permission, "JWT")


def _default(draft: Draft, drafts: Drafts) -> str | None:
    cluster = drafts.cluster_set.clusters.get(draft.address.cluster)
    return cluster.default_intention if cluster is not None else None


def _denied_otherwise(source: Source, draft: Draft, drafts: Drafts, links: Links) -> str | None:
    """Return who a broader deny names that seems to cover the same caller; `None` where there is none."""
    name, peer = get(source, "Name"), get(source, "Peer") or None
    everywhere = drafts.get("service_intentions", draft.address.cluster, WILDCARD)
    own: tuple[object, ...] = (WILDCARD,) if name != WILDCARD else ()
    broader = ((draft, own), (everywhere, (WILDCARD, name)))
    for entry, names in broader:
        for _, other in maps(get(entry.body, "Sources")) if entry is not None else ():
            covers = get(other, "Name") in names and (get(other, "Peer") or None) == peer
            if covers and get(other, "Action") == "deny":
                found = links.named(draft.address.cluster, peer) if isinstance(peer, str) else None
                who = f'"{get(other, "Name")}{f"@{found[0] if found else peer}" if peer else ""}"'
                return who if entry is draft else f'{who} for the destination "{WILDCARD}"'
    return None
