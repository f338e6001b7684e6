"""Names that a transparent proxy dials: it has a way only where the intentions for the name allow its caller.

That matters where the name leads to another service: intentions of the dialed name, on the caller's own
cluster, decide whether its proxy gets a way to it at all (seen with 1.14 to 1.22). An upstream of the
caller's own does not ask them.
"""

from __future__ import annotations

from reconciler.sdk.access.answer import Decision, Origin, Reason, Verdict
from reconciler.sdk.access.question import Service
from reconciler_consul.access.judging.intentions import address_of, applied, covering
from reconciler_consul.access.judging.outcome import Outcome, stopped, unsure
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.body import ANY, DEFAULTS, EVERYWHERE, text

_ANSWERED = (Decision.ALLOWED, Decision.MIXED, Decision.DEPENDS)


def through_transparent_proxy(site: Site, caller: str, name: str, outcome: Outcome) -> Outcome:
    """Return the outcome of a call to a local name, with what a transparent proxy adds to it."""
    if outcome.decision not in _ANSWERED or not is_transparent(site, caller):
        return outcome
    if outcome.answered_by == Service(site.name, name) or _has_way(site, caller, name):
        return outcome
    said = (
        f"an upstream of {caller}'s own for {name}: a transparent proxy has no way to {name}.virtual.consul "
        f"without an intention for {name} on {site.name} that allows {caller}"
    )
    reason = Reason("intention", Verdict.STOP, said, Origin(site.name, address_of(site, name)))
    return unsure(said, [outcome, stopped(outcome.because, reason)])


def is_transparent(site: Site, caller: str) -> bool:
    """Say whether the entries make the proxies of a service transparent."""
    own = text((site.entry(DEFAULTS, caller) or {}).get("Mode")) if caller != ANY else ""
    return (own or text((site.entry(EVERYWHERE, "global") or {}).get("Mode"))) == "transparent"


def _has_way(site: Site, caller: str, name: str) -> bool:
    """Say whether the intentions for a name let a caller in, on some path at least."""
    rules = applied(covering(site, name, caller, ""))
    if not rules:
        return site.default != "deny"
    return rules[0].allows
