"""What Consul refuses about a jwt-provider."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from reconciler.emulator.core.versions import Version
from reconciler.emulator.entries.validate.errors import fail, require_name, several

Value = dict[str, Any]
DISCOVERY = ("", "STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS", "ORIGINAL_DST")
PLACES = (
    ("Header", "JWT location header name must be specified"),
    ("Cookie", "JWT location cookie name must be specified"),
    ("QueryParam", "JWT location query param name must be specified"),
)
AUTHORITIES = ("Filename", "EnvironmentVariable", "InlineString", "InlineBytes")


def check_jwt_provider(value: Value, version: Version) -> None:
    """Raise the Refusal for a jwt-provider, if any."""
    require_name(value)
    keys = value.get("JSONWebKeySet")
    if keys is None:
        raise fail("JSONWebKeySet is required")
    _check_keys(keys)
    if errors := list(_location_errors(value.get("Locations") or ())):
        raise several(errors)
    if value.get("Forwarding") is not None and not value["Forwarding"].get("HeaderName"):
        raise fail("Header name required for forwarding config")


def _check_keys(keys: Value) -> None:
    local, remote = keys.get("Local"), keys.get("Remote")
    if (local is None) == (remote is None):
        raise fail("must specify exactly one of Local or Remote JSON Web key set")
    if remote is not None:
        _check_remote(remote)
    if local is not None:
        _check_local(local)


def _check_local(local: Value) -> None:
    if bool(local.get("Filename")) == bool(local.get("JWKS")):
        raise fail("must specify exactly one of String or filename for local keyset")
    try:
        b64decode(local.get("JWKS", "").replace("\n", "").replace("\r", "").encode(), validate=True)
    except binascii.Error:
        raise fail("JWKS must be valid base64 encoded string") from None


def _check_remote(remote: Value) -> None:
    uri = remote.get("URI", "")
    if not uri:
        raise fail("Remote JWKS URI is required")
    if not (urlsplit(uri).scheme or uri.startswith("/") or uri == "*"):
        reason = f'parse "{uri}": invalid URI for request'
        raise fail(f"Remote JWKS URI is invalid: {reason}, uri: {uri}")
    pause = (remote.get("RetryPolicy") or {}).get("RetryPolicyBackOff") or {}
    longest = pause.get("MaxInterval", 0)
    if longest and pause.get("BaseInterval", 0) > longest:
        raise fail("retry policy backoff's MaxInterval should be greater or equal to BaseInterval")
    _check_cluster(remote.get("JWKSCluster") or {})


def _check_cluster(cluster: Value) -> None:
    if cluster.get("DiscoveryType", "") not in DISCOVERY:
        raise fail(f'unsupported jwks cluster discovery type: "{cluster["DiscoveryType"]}"')
    certificates = cluster.get("TLSCertificates")
    if certificates is None:
        return
    trusted = certificates.get("TrustedCA")
    if (trusted is None) == (certificates.get("CaCertificateProviderInstance") is None):
        raise fail(
            "must specify exactly one of: CaCertificateProviderInstance or TrustedCA for JKWS' "
            "TLSCertificates"
        )
    if trusted is not None and sum(bool(trusted.get(key)) for key in AUTHORITIES) != 1:
        raise fail(
            "must specify exactly one of: Filename, EnvironmentVariable, InlineString or InlineBytes for "
            "JWKS' TrustedCA"
        )


def _location_errors(locations: Iterable[Value]) -> Iterator[str]:
    for location in locations:
        given = [(location[key], text) for key, text in PLACES if location.get(key) is not None]
        if len(given) != 1:
            yield "must set exactly one of: JWT location header, query param or cookie"
        elif not given[0][0].get("Name"):
            yield given[0][1]
