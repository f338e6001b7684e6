"""What a destination's proxy makes of a request before it looks at permissions.

Since Consul 1.20.1 (Enterprise: 1.15.15, 1.18.5, 1.19.3) proxies normalize paths (RFC 3986); further options
are in the `mesh` entry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.sdk.access.question import Request
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.body import MESH, text

_SINCE = (1, 20, 1)
_BACKPORTS = ((1, 15, 15), (1, 18, 5), (1, 19, 3))
_UNRESERVED = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[A-Za-z0-9._~-]")


class Seen(NamedTuple):
    """The request as the proxy sees it; `None` where it rejects it. `condition`: what that rests on."""

    request: Request | None
    condition: str = ""


def seen(site: Site, request: Request) -> list[Seen]:
    """Return what a proxy of a cluster sees; both ways where that differs by a version that is not known."""
    newer = Seen(_changed(request, _options(site)))
    if site.version is None:
        if newer.request == request:
            return [newer]
        condition = f"the version of Consul on {site.name} is not known"
        return [Seen(newer.request, condition), Seen(request, condition)]
    return [newer if _normalizes(site) else Seen(request)]


def _normalizes(site: Site) -> bool:
    version = site.version or (0, 0, 0)
    if version >= _SINCE:
        return True
    lines = (one for one in _BACKPORTS if one[:2] == version[:2])
    return site.enterprise and any(version >= one for one in lines)


def _options(site: Site) -> Mapping[str, Any]:
    http = mapping_of((site.entry(MESH, MESH) or {}).get("HTTP"))
    return mapping_of(mapping_of(http.get("Incoming")).get("RequestNormalization"))


def _changed(request: Request, options: Mapping[str, Any]) -> Request | None:
    headers = _headers(request.headers, text(options.get("HeadersWithUnderscoresAction")))
    if headers is _REJECTED:
        return None
    path = request.path
    if path is None:
        return Request(request.method, None, headers)
    action = text(options.get("PathWithEscapedSlashesAction"))
    bare, mark, query = re.match(r"([^?#]*)([?#]?)(.*)", path, re.DOTALL).groups()  # type: ignore[union-attr]
    if re.search(r"%2[fF]|%5[cC]", bare) and action not in ("", *_KEEPING):
        if action in ("REJECT_REQUEST", "UNESCAPE_AND_REDIRECT"):
            return None
        bare = re.sub(r"%2[fF]", "/", re.sub(r"%5[cC]", r"\\", bare))
    if not options.get("InsecureDisablePathNormalization"):
        bare = normal_path(bare)
    if options.get("MergeSlashes"):
        bare = re.sub(r"/{2,}", "/", bare)
    return Request(request.method, f"{bare}{mark}{query}", headers)


_KEEPING = ("IMPLEMENTATION_SPECIFIC_DEFAULT", "KEEP_UNCHANGED")
_REJECTED: Mapping[str, str] = {}


def _headers(headers: Mapping[str, str] | None, action: str) -> Mapping[str, str] | None:
    if headers is None or not any("_" in name for name in headers):
        return headers
    if action == "REJECT_REQUEST":
        return _REJECTED
    return {n: v for n, v in headers.items() if "_" not in n} if action == "DROP_HEADER" else headers


def normal_path(path: str) -> str:
    """Return a path as Envoy's `normalize_path` leaves it: unreserved characters decoded, backslashes turned,
    dot segments gone. Repeated slashes stay.

    >>> normal_path("/ok/../%61dmin/./x")
    '/admin/x'
    """
    path = _UNRESERVED.sub(_decoded, path).replace("\\", "/")
    out: list[str] = []
    parts = path.split("/")
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == ".":
            out += [""] if last else []
        elif part == "..":
            if len(out) > 1:
                out.pop()
            out += [""] if last else []
        else:
            out.append(part)
    return "/".join(out) or "/"


def _decoded(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if _PLAIN.match(char) else match[0].upper()
