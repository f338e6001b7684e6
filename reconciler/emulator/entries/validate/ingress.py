"""What Consul refuses about ingress and terminating gateways by themselves."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.chain.compiler import HTTP_LIKE
from reconciler.emulator.core.versions import Version
from reconciler.emulator.entries.validate.errors import check_meta, fail
from reconciler.emulator.entries.validate.tls import check_host, check_tls
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
WILDCARD = "*"
PROTOCOLS = ("tcp", *HTTP_LIKE)


def check_terminating(value: Value, version: Version) -> None:
    """Raise the Refusal for a terminating gateway, if any."""
    check_meta(value)
    seen = set()
    for service in value.get("Services") or ():
        name, namespace = service.get("Name", ""), service.get("Namespace", "")
        if not name:
            raise fail("Service name cannot be blank.")
        if namespace == WILDCARD:
            raise fail("Wildcard namespace is not supported for terminating gateway services")
        if (name, namespace) in seen:
            raise fail(f'Service "{name}" was specified more than once within a namespace')
        seen.add((name, namespace))
        files = [bool(service.get(key)) for key in ("CertFile", "KeyFile", "CAFile")]
        if any(files[:2]) and not all(files):
            raise fail(
                f'Service "{name}" must have a CertFile, CAFile, and KeyFile specified for TLS origination'
            )
    if not value.get("Name"):
        raise fail("serviceName is required")


def check_ingress(value: Value, version: Version) -> None:
    """Raise the Refusal for an ingress gateway, if any."""
    check_meta(value)
    check_tls(value.get("TLS") or {})
    ports = set()
    for listener in value.get("Listeners") or ():
        port = listener.get("Port", 0)
        if port in ports:
            raise fail(f"port {port} declared on two listeners")
        ports.add(port)
        _check_listener(value, listener, port)
    if not value.get("Name"):
        raise fail("failed inserting config entry: object missing primary index")


def _check_listener(gateway: Value, listener: Value, port: int) -> None:
    protocol, services = listener.get("Protocol", ""), listener.get("Services") or ()
    if protocol not in PROTOCOLS:
        raise fail(
            f"protocol must be 'tcp', 'http', 'http2', or 'grpc'. '{protocol}' is an unsupported protocol"
        )
    if not services:
        raise fail(f"No service declared for listener with port {port}")
    if protocol == "tcp" and len(services) > 1:
        raise fail(
            "Multiple services per listener are only supported for L7 protocols, 'http', 'grpc' and 'http2' "
            f"(listener on port {port})"
        )
    check_tls(listener.get("TLS") or {})
    _check_services(gateway, listener, port)


def _check_services(gateway: Value, listener: Value, port: int) -> None:
    where = f"(listener on port {port})"
    hosts: set[str] = set()
    names = set()
    for service in listener["Services"]:
        _check_service(service, listener.get("Protocol", ""), where, port)
        key = (service["Name"], service.get("Namespace", ""))
        if key in names:
            raise fail(f"Service {service['Name']} cannot be added multiple times {where}")
        names.add(key)
        _check_sds(gateway, listener, service, port)
        for host in service.get("Hosts") or ():
            if host in hosts:
                raise fail(f"Hosts must be unique within a specific listener {where}")
            hosts.add(host)
            refusal = check_host(host, tls=bool((gateway.get("TLS") or {}).get("Enabled")))
            if refusal is not None:
                raise refusal


def _check_service(service: Value, protocol: str, where: str, port: int) -> None:
    name, hosts = service.get("Name", ""), service.get("Hosts")
    _check_headers(service, protocol, port)
    if protocol == "tcp" and name == WILDCARD:
        raise fail(f"Wildcard service name is only valid for protocol = 'http' {where}")
    if protocol == "tcp" and hosts:
        raise fail(f"Associating hosts to a service is not supported for the tcp protocol {where}")
    if not name:
        raise fail(f"Service name cannot be blank {where}")
    if name == WILDCARD and hosts:
        raise fail(f"Associating hosts to a wildcard service is not supported {where}")
    if service.get("Namespace") == WILDCARD:
        raise fail(f"Wildcard namespace is not supported for ingress services {where}")


def _check_headers(service: Value, protocol: str, port: int) -> None:
    for key, word in (("RequestHeaders", "request"), ("ResponseHeaders", "response")):
        headers = service.get(key) or {}
        if protocol == "tcp" and any(headers.get(part) for part in ("Add", "Set", "Remove")):
            raise fail(
                f"{word} headers only valid for http, grpc and http2 protocols "
                f'(service "{service.get("Name", "")}" on listener on port {port})'
            )


def _check_sds(gateway: Value, listener: Value, service: Value, port: int) -> None:
    """Check certificates from elsewhere: a certificate needs a cluster at its level or above it."""
    refusal = _of_levels(_sds(gateway), _sds(listener), port) or _of_service(
        _sds(gateway), _sds(listener), service, port
    )
    if refusal is not None:
        raise refusal


def _sds(holder: Value) -> tuple[bool, bool]:
    """Return whether (a cluster, a certificate) is named."""
    sds = (holder.get("TLS") or {}).get("SDS") or {}
    return bool(sds.get("ClusterName")), bool(sds.get("CertResource"))


def _of_levels(gateway: tuple[bool, bool], listener: tuple[bool, bool], port: int) -> Refusal | None:
    where = f"(listener on port {port})"
    if gateway[1] and not gateway[0]:
        return fail("TLS.SDS.ClusterName is required if CertResource is set")
    if gateway[0] and not gateway[1] and not listener[1]:
        return fail(f"TLS.SDS.CertResource is required if ClusterName is set for gateway {where}")
    if listener[0] and not listener[1]:
        return fail(f"TLS.SDS.CertResource is required if ClusterName is set for listener {where}")
    if listener[1] and not listener[0] and not gateway[0]:
        return fail(f"TLS.SDS.ClusterName is required if CertResource is set {where}")
    return None


def _of_service(
    gateway: tuple[bool, bool], listener: tuple[bool, bool], service: Value, port: int
) -> Refusal | None:
    cluster, certificate = _sds(service)
    where = f'(service "{service.get("Name", "")}" on listener on port {port})'
    if certificate and not service.get("Hosts"):
        text = "A service specifying TLS.SDS.CertResource must have at least one item in Hosts"
        return fail(f"{text} {where}")
    if certificate and not (cluster or listener[0] or gateway[0]):
        return fail(f"TLS.SDS.ClusterName is required if CertResource is set {where}")
    return None
