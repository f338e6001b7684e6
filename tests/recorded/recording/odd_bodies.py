"""Values that nobody means, at one place of each sort: what servers take, refuse or drop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Value = dict[str, Any]
Step = dict[str, Any]
HERE = "@@here@@"
BIG = 2**63

NULLS = ("null", "[null]", "[1, null]", "[[null]]", '{"a": [null]}', "[{}, null]")
SHAPES = (
    *("[]", "[[]]", "{}", "[{}]", '{"": 1}', '{"": ""}', '[{"a": 1}, {"b": 2}]', '["a", "b"]', '[["a"]]'),
    *('{"a": "b"}', '{"a": [["x", ["y"]], {"z": ["q"]}]}', '[{"a": {"b": ["y"]}}]'),
)
TEXTS = (
    *('""', '"a\\u0000b"', '"a\\ud83d"', '"\\ud83d\\ude80"', '"a\\u0007\\n\\u007f"', '"*"', '"a/b"', '"a b"'),
    *('".."', '"%2F"', '"\\u00e9"', '"UPPER"', '"a\\\\b"', json.dumps("x" * 600)),
)
NUMBERS = (
    *("1e400", "-1", "1e308", "1e-400", str(2**53 + 1), str(BIG), str(-BIG - 1), str(2 * BIG), str(2**31)),
    *("0.5", "-0.0", "1e3", "0", "true", "false"),
)
NUMBERS_AS_TEXT = (
    *('"true"', '"1"', '"NaN"', '"Inf"', '"0x10"', '"1_000"', '"1e3"', '" 1 "', '"0o17"', '"017"', '"+1"'),
    *('"10s"', '"-1s"', '"1e400"', '"99999999999999999999"', '"2540400h10m10s"'),
)
ODD = (*NULLS, *SHAPES, *TEXTS, *NUMBERS, *NUMBERS_AS_TEXT)
LUA = {"ProxyType": "connect-proxy", "Listener": "inbound", "Script": "x"}


def _entry(kind: str, name: str, **fields: Any) -> Value:
    return {"Kind": kind, "Name": name, **fields}


DEFAULTS = "service-defaults"
PLACES: dict[str, Value] = {
    "text": _entry(DEFAULTS, "text", ExternalSNI=HERE),
    "named-text": _entry(DEFAULTS, "named-text", MeshGateway={"Mode": HERE}),
    "flag": _entry(DEFAULTS, "flag", Expose={"Checks": HERE}),
    "number": _entry(DEFAULTS, "number", LocalConnectTimeoutMs=HERE),
    "struct": _entry(DEFAULTS, "struct", Expose=HERE),
    "pointer": _entry(DEFAULTS, "pointer", UpstreamConfig={"Defaults": HERE}),
    "list-of-pointers": _entry(DEFAULTS, "list-of-pointers", UpstreamConfig={"Overrides": HERE}),
    "pointer-to-number": _entry(
        DEFAULTS, "pointer-to-number", UpstreamConfig={"Defaults": {"Limits": {"MaxConnections": HERE}}}
    ),
    "unsigned": _entry(
        DEFAULTS, "unsigned", UpstreamConfig={"Defaults": {"PassiveHealthCheck": {"MaxFailures": HERE}}}
    ),
    "nanoseconds": _entry(
        DEFAULTS, "nanoseconds", UpstreamConfig={"Defaults": {"PassiveHealthCheck": {"Interval": HERE}}}
    ),
    "texts": _entry(DEFAULTS, "texts", Destination={"Addresses": HERE, "Port": 80}),
    "extension": _entry(
        DEFAULTS, "extension", EnvoyExtensions=[{"Name": "builtin/lua", "Arguments": LUA | {"a": HERE}}]
    ),
    "meta": _entry(DEFAULTS, "meta", Meta=HERE),
    "meta-value": _entry(DEFAULTS, "meta-value", Meta={"owner": HERE}),
    "duration": _entry("service-resolver", "duration", ConnectTimeout=HERE),
    "map-of-structs": _entry("service-resolver", "map-of-structs", Subsets=HERE),
    "targets": _entry("service-resolver", "targets", Failover={"*": {"Targets": HERE}}),
    "weight": _entry(
        "service-splitter",
        "weight",
        Splits=[{"Weight": 100}, {"Weight": HERE, "ServiceSubset": "other"}],
    ),
    "status-codes": _entry(
        "service-router", "status-codes", Routes=[{"Destination": {"RetryOnStatusCodes": HERE}}]
    ),
    "sources": _entry("service-intentions", "sources", Sources=HERE),
    "services": _entry("exported-services", "default", Services=HERE),
    "consumers": _entry("exported-services", "default", Services=[{"Name": "a", "Consumers": HERE}]),
    "opaque": _entry("proxy-defaults", "global", Config=HERE),
    "opaque-value": _entry("proxy-defaults", "global", Config={"a": HERE}),
}
# Of these the server does not live to answer: the suites `deadly` have such ones.
DEADLY = {
    "opaque": {'{"a": [1, null]}'},
    "opaque-value": {"[1, null]", "[[null]]", '{"a": [null]}', "[{}, null]"},
}


def steps() -> Iterator[Step]:
    """Yield each value at each place, and after each that may have been taken what is stored."""
    first = _entry("proxy-defaults", "global", Config={"protocol": "http"})
    yield {"method": "PUT", "path": "/v1/config", "body": first}
    for place, entry in PLACES.items():
        text = json.dumps(entry)
        for odd in ODD:
            if odd in DEADLY.get(place, ()):
                continue
            yield {"method": "PUT", "path": "/v1/config", "text": text.replace(f'"{HERE}"', odd)}
            yield {"method": "GET", "path": f"/v1/config/{entry['Kind']}/{entry['Name']}", "after": 200}
        yield {"method": "DELETE", "path": f"/v1/config/{entry['Kind']}/{entry['Name']}"}
