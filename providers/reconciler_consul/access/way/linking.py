"""The link to a peer, step by step: peering, export, the exporter's gateway, the dialer's gateway."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from reconciler.sdk.access.answer import Origin, Reason, Verdict
from reconciler.sdk.access.question import Upstream
from reconciler.sdk.address import Address
from reconciler_consul.access.judging.refusals import of_exported
from reconciler_consul.access.network.exports import exports_of
from reconciler_consul.access.network.links import Peer
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.access.way.gateways import LOCAL, mode
from reconciler_consul.graph.body import EXPORTS
from reconciler_consul.kinds.names import entry_address

Checked = tuple[bool | None, Reason]  # whether the way goes on (`None`: not known), and why

_CARRYING = ("ACTIVE", "FAILING")


class Dialed(NamedTuple):
    """A service of a peer that a proxy sends requests to. `upstream` is what the caller dials, which may be
    a local name that leads there."""

    network: Network
    site: Site
    caller: str
    upstream: Upstream
    service: str
    alias: str

    @property
    def peer(self) -> Peer | None:
        """The peering, as the caller's cluster sees it."""
        return self.network.peer(self.site, self.alias)


CHECKS = range(4)


def check(index: int, dialed: Dialed, peer: Peer, exporter: Site) -> Checked:
    """Return what one of the `CHECKS` of a link says."""
    site = dialed.site
    if index == 0:
        return site.once(("peering", peer.alias), lambda: _peering(peer))
    if index == 1:
        return _export(dialed.service, peer, exporter)
    if index == 2:
        return exporter.once("exporter-gateway", lambda: _exporter_gateway(exporter))
    chosen = mode(site, dialed.caller, dialed.upstream)
    return site.once(("dialer-gateway", chosen), lambda: _dialer_gateway(site, chosen))


def available(dialed: Dialed) -> tuple[bool | None, str]:
    """Say whether a failover's proxies have a healthy address for a service of a peer, and why not.

    It is that of the exporter's gateway: how instances are there is not looked at. In the mode `local` it is
    that of the own gateway.
    """
    peer = dialed.peer
    if peer is None:
        why = dialed.site.peerings_unknown
        return (None, why) if why else (False, f"{dialed.site.name} has no peering called {dialed.alias}")
    exporter = dialed.network.site(peer.there)
    unknown = ""
    for index in CHECKS:
        ok, reason = check(index, dialed, peer, exporter)
        if ok is False:
            return False, reason.text
        unknown = unknown or ("" if ok else reason.text)
    return (None, unknown) if unknown else (True, "")


# The link, step by step


def _peering(peer: Peer) -> Checked:
    states = [(peer.here, peer.state_here), (peer.there, peer.state_there)]
    origin = Origin(peer.here, peer.address)
    for cluster, state in states:
        if state is not None and state.upper() not in _CARRYING:
            certain = state.upper() != "UNDEFINED"
            said = f"the peering with {peer.there} is {state} on {cluster}"
            return (False if certain else None), Reason("peering", _verdict(certain), said, origin)
    failing = [cluster for cluster, state in states if state and state.upper() == "FAILING"]
    if failing:
        said = f"the peering of {peer.here} and {peer.there} is FAILING on {' and '.join(failing)}"
        return None, Reason("peering", Verdict.UNKNOWN, said, origin)
    return True, Reason("peering", Verdict.OK, _peered(peer), origin)


def _peered(peer: Peer) -> str:
    """Return that two clusters are peered, with the names that are not those of the clusters."""
    names = {peer.here: peer.alias, peer.there: peer.called}
    plain = (peer.alias, peer.called) == (peer.there, peer.here)
    shown = "" if plain else ": " + ", ".join(f'"{name}" on {cluster}' for cluster, name in names.items())
    return f"{peer.here} and {peer.there} are peered{shown}"


def _verdict(certain: bool) -> Verdict:
    return Verdict.STOP if certain else Verdict.UNKNOWN


def _export(service: str, peer: Peer, exporter: Site) -> Checked:
    unknown = exporter.unknown(EXPORTS)
    address = _exports_address(exporter.name)
    if unknown:
        return None, Reason("export", Verdict.UNKNOWN, unknown, Origin(exporter.name, address))
    given = exports_of(exporter).given(service, peer.called)
    if given is None:
        said = f"{exporter.name} does not export {service} to {peer.called}"
        return False, Reason("export", Verdict.STOP, said, Origin(exporter.name, address))
    refused = "" if exporter.taken else of_exported(exporter, service)
    if refused:
        said = f"servers refuse this: {refused}"
        return False, Reason("chain", Verdict.STOP, said, Origin(exporter.name, address))
    path = ("Services", given.number, "Consumers", given.peers[peer.called])
    return _registered(service, exporter, Origin(exporter.name, address, path), peer)


@cache
def _exports_address(cluster: str) -> Address:
    return entry_address((EXPORTS, "default"), cluster)


def _registered(service: str, exporter: Site, origin: Origin, peer: Peer) -> Checked:
    """Return whether there is anything of the name: instances in the mesh, or a chain."""
    runs = exporter.runs(service)
    said = f"{exporter.name} exports {service} to {peer.called}"
    if exporter.has_chain(service):
        return True, Reason("export", Verdict.OK, said, origin)
    if runs is None:
        said = exporter.services_unknown
        return None, Reason("export", Verdict.UNKNOWN, said, origin)
    if isinstance(runs, bool) or not runs.sidecar:
        said += ", and nothing of that name is in its mesh"
        return False, Reason("instances", Verdict.STOP, said, origin)
    return True, Reason("export", Verdict.OK, said, origin)


def _exporter_gateway(exporter: Site) -> Checked:
    return _gateway(exporter, "exporter-gateway", "")


def _dialer_gateway(site: Site, mode: str) -> Checked:
    unknown = site.unknown("proxy-defaults", "service-defaults")
    if unknown and site.gateway is not True:
        return None, Reason("dialer-gateway", Verdict.UNKNOWN, unknown, site.origin)
    if mode != LOCAL:
        return True, Reason(
            "dialer-gateway", Verdict.OK, f"{site.name} needs none: the mode is not local", site.origin
        )
    return _gateway(site, "dialer-gateway", ", and the mode is local")


def _gateway(site: Site, step: str, more: str) -> Checked:
    origin = site.origin
    if site.gateway is None:
        return None, Reason(step, Verdict.UNKNOWN, f"the gateway of {site.name} is not known", origin)
    if not site.gateway:
        said = f"{site.name} is down" if site.is_down else f"{site.name} has no mesh gateway{more}"
        return False, Reason(step, Verdict.STOP, said, origin)
    return True, Reason(step, Verdict.OK, f"{site.name} has a mesh gateway", origin)
