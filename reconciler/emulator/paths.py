"""What happens to a request before it reaches an endpoint: Go's ServeMux and the handlers around it.

Paths that are not clean and prefixes without their slash are sent on to where they belong, paths with
characters that do not print are refused, and what is no endpoint gets Consul's words for it.
"""

from __future__ import annotations

import html
import json
import posixpath
import re
from urllib.parse import quote, unquote

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.versions import Version
from reconciler.emulator.routes import PREFIXES, Endpoint, Route, find_route
from reconciler.emulator.wire.messages import JSON, TEXT, Refusal, Request, Response, dump

NOT_FOUND = "Invalid URL path: not a recognized HTTP API endpoint\n"
OUTSIDE = "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n"
UI = (
    "Consul Agent: UI disabled. To enable, set ui_config.enabled=true in the agent configuration and restart."
)
NO_PAGE = "404 page not found\n"
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
SAFE_IN_PATH = "/$&+,:;=@!'()*-._~"


def route_of(request: Request, version: Version) -> Route | Response:
    """Return the route of a request, or the answer that it gets in its place."""
    path = request.path
    if path == "*":
        return _whole_server(request)
    if not path.isprintable():
        return Response(400, {}, b"")
    sent = path if version.decodes_before_routing or not request.raw else request.raw
    cleaned = sent if request.method == "CONNECT" else clean(sent)
    if _is_prefix(cleaned, version):
        return _redirect(request, f"{clean(path)}/", version)
    if cleaned != sent:
        return _redirect(request, cleaned, version)
    look_up = sent if sent is path else _by_segment(sent)
    return find_route(look_up, version) or _index(request)


def chosen(route: Route, request: Request, version: Version) -> Endpoint:
    """Return the endpoint of a route for this request; raises the answer to a bad query or another method."""
    if not _is_query(request.query):
        raise Refusal(500, "", headers={} if version.at_least(20) else {"Content-Type": ""})
    endpoint = route.methods.get(request.method)
    if endpoint is None:
        allowed = ",".join(["OPTIONS", *route.methods])
        if request.method == "OPTIONS":
            raise Refusal(200, "", headers={"Allow": allowed, "Content-Type": ""})
        raise Refusal(405, f"method {request.method} not allowed", headers={"Allow": allowed})
    return endpoint


def _is_query(query: str) -> bool:
    """Say whether Go's url.ParseQuery takes a query: no semicolons, no broken escapes."""
    return ";" not in query and ("%" not in query or not BROKEN_ESCAPE.search(query))


def finish(reply: Response, cluster: Cluster, *, pretty: bool) -> None:
    """Give an endpoint's answer what all have: headers, and indented JSON where it is asked for."""
    headers = reply.headers
    if not headers.get("Content-Type", "none"):
        del headers["Content-Type"]
    if reply.status == 200 and not reply.body and cluster.version.type_of_nothing:
        headers.setdefault("Content-Type", cluster.version.type_of_nothing)
    headers["X-Consul-Default-ACL-Policy"] = "deny" if cluster.acl else "allow"
    headers["Vary"] = "Accept-Encoding"
    if pretty and headers.get("Content-Type") == JSON and reply.body:
        reply.body = dump(json.loads(reply.body), pretty=True)


def clean(path: str) -> str:
    """Return a path without empty segments and dots, as Go's cleanPath does."""
    if "//" not in path and "/." not in path and path.startswith("/"):
        return path
    normal = posixpath.normpath(f"/{path.lstrip('/')}")
    return f"{normal}/" if path.endswith("/") and normal != "/" else normal


def _by_segment(sent: str) -> str:
    """Return a path for the look-up: an encoded slash is part of its segment."""
    if "%" not in sent:
        return sent
    return "/".join(unquote(part).replace("/", "%2F") for part in sent.split("/"))


def _is_prefix(path: str, version: Version) -> bool:
    """Say whether a path lacks only the slash of a prefix."""
    if f"{path}/" not in PREFIXES:
        return False
    found = find_route(path, version)
    return (found is None or found.path != path) and find_route(f"{path}/", version) is not None


def _redirect(request: Request, path: str, version: Version) -> Response:
    target = quote(path, safe=SAFE_IN_PATH, errors="surrogateescape") + (
        f"?{request.query}" if request.query else ""
    )
    status, words = (
        (301, "Moved Permanently") if version.decodes_before_routing else (307, "Temporary Redirect")
    )
    reply = Response(status, {"Location": target}, b"")
    if request.method in ("GET", "HEAD"):
        reply.headers["Content-Type"] = "text/html; charset=utf-8"
    if request.method == "GET":
        reply.body = f'<a href="{html.escape(target)}">{words}</a>.\n\n'.encode()
    return reply


def _whole_server(request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(200, {}, b"")
    return Response(400, {"Connection": "close"}, b"")


def _index(request: Request) -> Response:
    if not request.path:
        headers = {"Content-Type": TEXT, "X-Content-Type-Options": "nosniff"}
        return Response(404, headers, NO_PAGE.encode())
    if request.path == "/":
        return Response(200, {"Content-Type": TEXT}, UI.encode())
    text = NOT_FOUND if "/v1/" in request.path else OUTSIDE
    return Response(404, {"Content-Type": TEXT}, text.encode())
