"""Worlds written otherwise: by other names, in other spellings, among others. Their answers stay."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Line = dict[str, Any]
Rename = Callable[[str], str]
NAMED = ("service-defaults", "service-intentions", "service-resolver", "service-router", "service-splitter")
_KEPT = ("", "*", "consul")
_OTHERS = ("Header", "QueryParam", "JWT")  # what is named below these is no service
_FREE = ("Meta", "Config", "Failover", "Subsets", "Set", "Add")  # maps with names of their own


def entries_of(line: Line) -> Iterator[dict[str, Any]]:
    """Yield all entries of a line."""
    for cluster in line["clusters"].values():
        yield from cluster["config_entries"]


def with_entries(line: Line, change: Callable[[Any], Any]) -> Line:
    """Return the line with each entry changed."""
    made = copy.deepcopy(line)
    for cluster in made["clusters"].values():
        cluster["config_entries"] = [change(one) for one in cluster["config_entries"]]
    return made


# Other names


def renamed(line: Line, service: Rename, cluster: Rename, peer: Rename) -> Line:
    """Return the line with services, clusters and names of peers renamed, with what was observed."""
    made = copy.deepcopy(line)
    for one in made["clusters"].values():
        for running in one["services"]:
            running["name"] = service(running["name"])
        for entry in one["config_entries"]:
            if entry["Kind"] in NAMED:
                entry["Name"] = service(entry["Name"]) if entry["Name"] != "*" else "*"
            if entry["Kind"] in (*NAMED, "exported-services"):
                _rename({k: v for k, v in entry.items() if k not in ("Kind", "Name")}, service, peer)
    made["clusters"] = {cluster(name): one for name, one in made["clusters"].items()}
    for link in made["peerings"]:
        link.update({end: cluster(link[end]) for end in ("acceptor", "dialer")})
        link.update({end: peer(link[end]) for end in ("name_at_acceptor", "name_at_dialer")})
    _rename_request(made["request"], service, cluster, peer)
    for seen in (made, *(made.get("other_versions") or {}).values()):
        _rename_seen(seen, service, cluster)
    return made


def _rename(value: Any, service: Rename, peer: Rename) -> None:
    if isinstance(value, list):
        for item in value:
            _rename(item, service, peer)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if isinstance(item, str) and item not in _KEPT and key in ("Name", "Service", "Peer"):
            value[key] = peer(item) if key == "Peer" else service(item)
        elif key not in _OTHERS:
            _rename(item, service, peer)


def _rename_request(request: dict[str, Any], service: Rename, cluster: Rename, peer: Rename) -> None:
    name, _, where = request["from"].rpartition("@")
    request["from"] = f"{service(name)}@{cluster(where)}"
    upstream = request["upstream"] = dict(request["upstream"])
    upstream["name"] = service(upstream["name"])
    if upstream.get("peer"):
        upstream["peer"] = peer(upstream["peer"])


def _rename_seen(seen: dict[str, Any], service: Rename, cluster: Rename) -> None:
    def one(text: str) -> str:
        name, _, where = text.rpartition("@")
        return f"{service(name)}@{cluster(where)}" if text else ""

    seen.update({key: one(seen[key]) for key in ("answered_by", "denied_at") if seen.get(key)})
    if seen.get("gateways"):
        seen["gateways"] = [cluster(name) for name in seen["gateways"]]
    if seen.get("counts"):
        counts = [(*key.split(":", 1), number) for key, number in seen["counts"].items()]
        seen["counts"] = {f"{status}:{one(who)}": number for status, who, number in counts}


# Other spellings


def spelled(line: Line, change: Rename) -> Line:
    """Return the line with the fields of its entries in another spelling."""
    return with_entries(line, lambda entry: _spelled(entry, change))


def _spelled(value: Any, change: Rename, *, free: bool = False) -> Any:
    if isinstance(value, dict):
        return {
            key if free else change(key): _spelled(item, change, free=key in _FREE and not free)
            for key, item in value.items()
        }
    return [_spelled(item, change) for item in value] if isinstance(value, list) else value


def snake(name: str) -> str:
    """Return the name of a field in snake_case.

    >>> snake("PathPrefix"), snake("HTTP"), snake("SanitizeXForwardedClientCert")
    ('path_prefix', 'http', 'sanitize_x_forwarded_client_cert')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a value with all that is in it changed, the inmost first."""
    if isinstance(value, Mapping):
        return change({key: mapped(item, change) for key, item in value.items()})
    if isinstance(value, list):
        return change([mapped(item, change) for item in value])
    return change(value)


def backwards(value: Any) -> Any:
    """Return an object with its keys in the other order."""
    return dict(reversed(value.items())) if isinstance(value, dict) else value


def floats(value: Any) -> Any:
    """Return a whole number as a float."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def as_texts(value: Any) -> Any:
    """Return numbers and truth values as texts, which Consul reads as what they say."""
    return str(value).lower() if isinstance(value, bool | int | float) else value


def unwrapped(value: Any) -> Any:
    """Return the objects in lists of one alone, which Consul reads as a list of one."""
    single = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
    return value[0] if single else value


# Among others


_MORE = (
    {"Kind": "service-defaults", "Name": "apix", "Protocol": "http"},
    {"Kind": "service-intentions", "Name": "apix", "Sources": [{"Name": "*", "Action": "deny"}]},
    {"Kind": "service-resolver", "Name": "apix-moved", "Redirect": {"Service": "apix"}},
    {"Kind": "inline-certificate", "Name": "api", "Certificate": "x", "PrivateKey": "y"},
    {"Kind": "ingress-gateway", "Name": "api", "Listeners": []},
    {"Kind": "terminating-gateway", "Name": "web", "Services": []},
    {"Kind": "http-route", "Name": "api"},
    {"Kind": "of-a-newer-consul", "Name": "api", "Sources": [{"Name": "*", "Action": "deny"}]},
)


def among_others(line: Line) -> Line:
    """Return the line with further services, entries, clusters and peerings that have no part in it."""
    made = copy.deepcopy(line)
    for cluster in made["clusters"].values():
        cluster["services"] = [{"name": "ap"}, {"name": "apix", "protocol": "http"}, *cluster["services"]]
        cluster["config_entries"] += _MORE
    twin = copy.deepcopy(next(iter(made["clusters"].values())))
    made["clusters"] |= {"dc0": twin, "dc9": {"datacenter": "dc1", "services": [], "config_entries": []}}
    link = {"acceptor": "dc0", "dialer": "dc9", "name_at_acceptor": "dc2", "name_at_dialer": "dc1"}
    made["peerings"].append(link)
    return made


def beside(line: Line, other: Line) -> Line:
    """Return the line with the clusters of another one, peered with its own by other names."""
    made = copy.deepcopy(line)
    far = renamed(other, str, lambda name: f"z{name}", str)
    links = [
        {
            "acceptor": here,
            "dialer": there,
            "name_at_acceptor": f"far-{there}",
            "name_at_dialer": f"far-{here}",
        }
        for here in made["clusters"]
        for there in far["clusters"]
    ]
    made["clusters"] |= far["clusters"]
    made["peerings"] += [*far["peerings"], *links]
    return made
