"""What Consul refuses about the listeners of ingress gateways (500): a protocol that is not the service's."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.emulator.chain.compiler import Compiler
from reconciler.emulator.entries.graph.involved import Involved, listened
from reconciler.emulator.wire.messages import Refusal


def check_listeners(found: Involved, chains: Mapping[str, Compiler]) -> None:
    """Refuse a write after which a listener's protocol is not that of its services.

    The one pair that may differ: a TCP listener before a service without router and splitter, when it is not
    the gateway that is written (Consul 1.14 to 1.22 refuse the gateway that comes second).
    """
    for gateway in found.gateways:
        for protocol, service in listened(gateway):
            chain = chains[service]
            plain = not found.strict and protocol == "tcp" and chain.start.startswith("resolver:")
            if chain.protocol != protocol and not plain:
                raise Refusal(
                    500,
                    f'service "{service}" has protocol "{chain.protocol}", which does not match defined '
                    f'listener protocol "{protocol}"',
                )
