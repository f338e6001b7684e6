"""What Consul refuses about one entry by itself (500), in Consul's order and words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.emulator.core.versions import Version
from reconciler.emulator.entries.validate.defaults import check_proxy_defaults, check_service_defaults
from reconciler.emulator.entries.validate.errors import check_meta, fail, require_name
from reconciler.emulator.entries.validate.gateways import (
    check_api_gateway,
    check_http_route,
    check_named,
    check_tcp_route,
)
from reconciler.emulator.entries.validate.http import check_header, check_methods, check_paths, count_set
from reconciler.emulator.entries.validate.ingress import check_ingress, check_terminating
from reconciler.emulator.entries.validate.intentions import validate_intentions
from reconciler.emulator.entries.validate.jwt import check_jwt_provider
from reconciler.emulator.entries.validate.resolver import validate_resolver
from reconciler.emulator.entries.validate.tls import check_tls
from reconciler.emulator.forms.convert import single
from reconciler.emulator.forms.normal import LARGEST, scale_weight

Value = dict[str, Any]
WILDCARD = "*"
NORMALIZATION = {
    "PathWithEscapedSlashesAction": (
        "IMPLEMENTATION_SPECIFIC_DEFAULT",
        "KEEP_UNCHANGED",
        "REJECT_REQUEST",
        "UNESCAPE_AND_REDIRECT",
        "UNESCAPE_AND_FORWARD",
    ),
    "HeadersWithUnderscoresAction": ("ALLOW", "REJECT_REQUEST", "DROP_HEADER"),
}
RETRIES = (
    "5xx",
    "gateway-error",
    "reset",
    "connect-failure",
    "envoy-ratelimited",
    "retriable-4xx",
    "refused-stream",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
)


def validate(kind: str, value: Value, version: Version) -> None:
    """Raise the Refusal that Consul answers for this entry, if any."""
    RULES.get(kind, _open)(value, version)


def _open(value: Value, version: Version) -> None:
    if not isinstance(value.get("Name", ""), str) or not value.get("Name"):
        raise fail("Name is required")


def _sameness(value: Value, version: Version) -> None:
    """Check members (Enterprise, documented): they are required, and each is a partition or a peer."""
    if not version.enterprise:
        raise fail("sameness-groups are an enterprise-only feature")
    require_name(value)
    if not value.get("Members"):
        raise fail("Members is required")
    for place, member in enumerate(value["Members"]):
        if count_set(member, "Partition", "Peer") != 1:
            raise fail(f"Members[{place}]: must define one of Partition or Peer")


def _splitter(value: Value, version: Version) -> None:
    name = value.get("Name", "")
    if not name:
        raise fail("Name is required")
    splits = value.get("Splits") or []
    if not splits:
        raise fail("no splits configured")
    check_meta(value)
    seen = set()
    for split in splits:
        if any(split.get(headers) is not None for headers in ("RequestHeaders", "ResponseHeaders")):
            continue  # servers compare where the headers are kept, which is never the same place
        service = split.get("Service") or name
        key = (service, *(split.get(part, "") for part in ("ServiceSubset", "Namespace", "Partition")))
        if key in seen:
            quoted = ", ".join(
                f'{label}="{part}"'
                for label, part in zip(("service", "subset", "namespace", "partition"), key, strict=True)
            )
            raise fail(f"split destination occurs more than once: {quoted}")
        seen.add(key)
    total = sum(scale_weight(split.get("Weight", 0)) for split in splits)
    total = (total + LARGEST) % (2 * LARGEST) - LARGEST
    if total != 10_000:
        raise fail(f"the sum of all split weights must be 100, not {single(single(total) / 100):f}")


def _router(value: Value, version: Version) -> None:
    require_name(value)
    for place, route in enumerate(value.get("Routes") or ()):
        where = f"Route[{place}]"
        http = (route.get("Match") or {}).get("HTTP") or {}
        check_paths(where, " ", http)
        for number, header in enumerate(http.get("Header", ())):
            check_header(f"{where} Header[{number}]", header)
        for number, query in enumerate(http.get("QueryParam", ())):
            _check_query(f"{where} QueryParam[{number}]", query)
        check_methods(f"{where} ", http.get("Methods", ()))
        destination = route.get("Destination") or {}
        if destination.get("PrefixRewrite") and not count_set(http, "PathExact", "PathPrefix"):
            raise fail(
                f"{where} cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix"
            )
        for condition in destination.get("RetryOn") or ():
            if condition not in RETRIES:
                raise fail(f'{where} contains an invalid retry condition: "{condition}"')


def _check_query(where: str, query: Value) -> None:
    if not query.get("Name"):
        raise fail(f"{where} missing required Name field")
    if count_set(query, "Present", "Exact", "Regex") != 1:
        raise fail(f"{where} should only contain one of Present, Exact, or Regex")


def _exports(value: Value, version: Version) -> None:
    if value.get("Name", "") != "default" and not version.enterprise:
        raise fail('exported-services Name must be "default"')
    check_meta(value)
    for place, service in enumerate(value.get("Services") or ()):
        where = f"Services[{place}]"
        if not service.get("Name"):
            raise fail(f"{where}: service name cannot be empty")
        if service.get("Namespace") == WILDCARD != service["Name"]:
            raise fail(f"{where}: service name must be wildcard if namespace is wildcard")
        if not service.get("Consumers"):
            raise fail(f"{where}: must have at least one consumer")
        for number, consumer in enumerate(service["Consumers"]):
            _check_consumer(f"{where}.Consumers[{number}]", consumer, version)


def _check_consumer(where: str, consumer: Value, version: Version) -> None:
    peer = consumer.get("Peer") or consumer.get("PeerName")
    if count_set(consumer, "Peer", "PeerName", "Partition", "SamenessGroup") > 1:
        choices = "Peer, Partition, or SamenessGroup" if version.at_least(16) else "Peer or Partition"
        raise fail(f"{where}: must define at most one of {choices}")
    if consumer.get("Partition") == WILDCARD:
        raise fail(f"{where}: exporting to all partitions (wildcard) is not supported")
    if consumer.get("SamenessGroup") and not version.enterprise:
        raise fail(f"{where}: sameness-groups are an enterprise-only feature")
    if peer == WILDCARD:
        raise fail(f"{where}: exporting to all peers (wildcard) is not supported")


def _mesh(value: Value, version: Version) -> None:
    check_meta(value)
    for direction in ("Incoming", "Outgoing"):
        settings = (value.get("TLS") or {}).get(direction) or {}
        check_tls(settings, f"error in {direction.lower()} TLS configuration: ")
    _check_normalization(((value.get("HTTP") or {}).get("Incoming") or {}).get("RequestNormalization") or {})


def _check_normalization(settings: Value) -> None:
    for key, known in NORMALIZATION.items():
        given = settings.get(key, "")
        if given and given not in known:
            raise fail(
                "error in HTTP incoming request normalization configuration: no matching "
                f"{key} value found for {given}, please specify one of [{', '.join(known)}]"
            )


RULES: dict[str, Callable[[Value, Version], None]] = {
    "service-defaults": check_service_defaults,
    "proxy-defaults": check_proxy_defaults,
    "service-splitter": _splitter,
    "service-router": _router,
    "service-resolver": lambda value, version: validate_resolver(require_name(value), value, version),
    "service-intentions": lambda value, version: validate_intentions(require_name(value), value, version),
    "exported-services": _exports,
    "mesh": _mesh,
    "sameness-group": _sameness,
    "ingress-gateway": check_ingress,
    "terminating-gateway": check_terminating,
    "jwt-provider": check_jwt_provider,
    "api-gateway": check_api_gateway,
    "http-route": check_http_route,
    "tcp-route": check_tcp_route,
    "inline-certificate": check_named,
    "file-system-certificate": check_named,
}
