"""What Consul refuses about TLS settings of meshes and gateways, and about host names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.emulator.entries.validate.errors import fail
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
VERSIONS = ("TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3")
CHOOSES_SUITES = ("", "TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2")
EXCHANGES = ("ECDHE_ECDSA", "ECDHE_RSA")
SUITES = {
    *(f"TLS_{exchange}_WITH_CHACHA20_POLY1305_SHA256" for exchange in EXCHANGES),
    *(
        f"TLS_{exchange}_WITH_AES_{cipher}"
        for exchange in (*EXCHANGES, "RSA")
        for cipher in ("128_GCM_SHA256", "128_CBC_SHA", "256_GCM_SHA384", "256_CBC_SHA")
    ),
}
LONGEST_NAME = 256


def check_tls(settings: Value, start: str = "") -> None:
    """Refuse unknown versions and cipher suites, and a range of versions that is empty."""
    lowest, highest = settings.get("TLSMinVersion", ""), settings.get("TLSMaxVersion", "")
    for given in (lowest, highest):
        if given and given not in VERSIONS:
            raise fail(
                f"{start}no matching TLS version found for {given}, please specify one of "
                f"[{', '.join(VERSIONS)}]"
            )
    if highest in VERSIONS[1:] and lowest in VERSIONS[1:] and highest < lowest:
        raise fail(
            f"{start}configuring max version {highest} less than the configured min version {lowest} is "
            "invalid"
        )
    _check_suites(lowest, settings.get("CipherSuites") or (), start)


def _check_suites(lowest: str, suites: Sequence[str], start: str) -> None:
    if suites and lowest not in CHOOSES_SUITES:
        raise fail(
            f"{start}configuring CipherSuites is only applicable to connections negotiated with TLS 1.2 or "
            f"earlier, TLSMinVersion is set to {lowest}"
        )
    unknown = [suite for suite in suites if suite not in SUITES]
    if unknown:
        raise fail(f"{start}no matching Envoy TLS cipher suite found for {','.join(unknown)}")


def is_domain(text: str) -> bool:
    """Say whether a text is a domain name as DNS packets hold it."""
    if text == ".":
        return True
    labels = text.removesuffix(".").encode().split(b".")
    return len(text) < LONGEST_NAME and all(0 < len(label) < 64 for label in labels)


def check_host(host: str, *, tls: bool) -> Refusal | None:
    """Return the refusal of a host of an ingress service, if any."""
    if host == "*":
        text = "Host '*' is not allowed when TLS is enabled, all hosts must be valid DNS records to add as a "
        return fail(f"{text}DNSSAN") if tls else None
    if not is_domain(host):
        return fail(f'Host "{host}" must be a valid DNS hostname')
    if "*" in host.removeprefix("*."):
        text = f'Host "{host}" is not valid, a wildcard specifier is only allowed as the leftmost label'
        return fail(text)
    return None
