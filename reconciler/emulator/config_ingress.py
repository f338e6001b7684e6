"""What Consul refuses about the listeners of ingress gateways (500): a protocol that is not the service's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .chain import compile_chain
from .messages import Refusal
from .store import Store

Value = dict[str, Any]
KIND = "ingress-gateway"


def check_listeners(
    store: Store, overrides: dict[tuple[str, str], Value | None], services: set[str], *, everyone: bool
) -> None:
    """Refuse a write after which a listener's protocol is not that of one of `services`, or of `everyone`.

    The one pair that may differ: a TCP listener before a service without router and splitter, when it is the
    service that is written (Consul 1.14 to 1.22 refuse the gateway that comes second).
    """
    second = any(kind == KIND for kind, _ in overrides)
    for gateway in _gateways(store, overrides):
        for protocol, service in _listened(gateway):
            if not (everyone or service in services):
                continue
            chain = compile_chain(store, service, overrides)
            plain = not second and protocol == "tcp" and chain.start.startswith("resolver:")
            if chain.protocol != protocol and not plain:
                raise Refusal(
                    500,
                    f'service "{service}" has protocol "{chain.protocol}", which does not match defined '
                    f'listener protocol "{protocol}"',
                )


def _gateways(store: Store, overrides: dict[tuple[str, str], Value | None]) -> Iterator[Value]:
    written = {name: value for (kind, name), value in overrides.items() if kind == KIND}
    if written:
        yield from (value for value in written.values() if value is not None)
        return
    for entry in store.list_entries(KIND):
        yield entry.value


def _listened(gateway: Value) -> Iterator[tuple[str, str]]:
    for listener in gateway.get("Listeners") or ():
        for service in listener.get("Services") or ():
            if service.get("Name") != "*":
                yield listener.get("Protocol") or "tcp", service.get("Name", "")
