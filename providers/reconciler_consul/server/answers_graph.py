"""What servers say of an entry that does not fit to the others they hold: they may take it when those change.

Source: `validateProposedConfigEntryInGraph` of agent/consul/state/config_entry.go and
agent/consul/discoverychain/compile.go, 1.14 to 1.22.
"""

from __future__ import annotations

# Fragment of a refusal, without what is quoted in it -> what to do about it.
_DOES_NOT_FIT = {
    "does not permit advanced routing": "give the service an HTTP protocol in service-defaults "
    "or proxy-defaults",
    "uses inconsistent protocols": "give every service of this chain the same protocol in service-defaults",
    "does not have a subset named": "declare the subset in the service's resolver",
    "incompatible with L7 intentions": "permissions need an HTTP protocol: set it in service-defaults",
    "detected circular": "resolvers, splitters or routers refer to each other in a cycle",
    "has an external SNI set": "take external_sni out of service-defaults, or the resolver's "
    "redirect, subsets and failover away",
    "does not match defined listener protocol": "give the listener the protocol of its service",
    "peer exported service": "an exported service may not leave its cluster by redirect: "
    "withdraw the export, or redirect under another name",
    "error compiling current discovery chain": "the existing discovery chain is broken: fix it first",
    "Referenced JWT Provider does not exist": "declare the jwt-provider",
    "cannot delete jwt provider config entry referenced": "remove it from the intentions first",
    "AllowEnablingPermissiveMutualTLS=false": "set allow_enabling_permissive_mutual_tls in mesh first",
    "config entry with that name already exists": "an ingress and a terminating gateway cannot have one name",
    "members can only belong to a single sameness group": "take the member out of the other group first",
}


def not_fitting(said: str) -> str | None:
    """Return what to do about a refusal because of other entries; `None` for another refusal. `said` is the
    server's text without what is quoted in it.

    >>> not_fitting('500: discovery chain "" uses inconsistent protocols; service "" has ""')
    'give every service of this chain the same protocol in service-defaults'
    """
    return next((hint for fragment, hint in _DOES_NOT_FIT.items() if fragment in said), None)
