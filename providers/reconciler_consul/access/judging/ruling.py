"""What a destination's proxy decides: intentions, permissions, the default."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from reconciler.sdk.access.answer import Decision, Origin, Reason, Verdict
from reconciler.sdk.access.question import Request, Service
from reconciler_consul.access.judging.intentions import Rule, address_of, applied, covering, shown, unmodelled
from reconciler_consul.access.judging.matching import matches
from reconciler_consul.access.judging.normalizing import Seen, seen
from reconciler_consul.access.judging.outcome import Branch, Outcome, stopped, told_apart, unsure
from reconciler_consul.access.judging.refusals import of_intentions
from reconciler_consul.access.judging.tokens import has_token, providers_of
from reconciler_consul.access.judging.words import shown as shown_request
from reconciler_consul.access.network.exports import is_http, trusted
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.body import INTENTIONS, MESH, items, text

Trail = tuple[Reason, ...]
Otherwise = Callable[["Arrival", Trail], Outcome]


class Arrival(NamedTuple):
    """A request at the proxy of `service` on `site`, from a caller that `peer` names (empty: local).

    `inspected`: the gateway has looked into the request, and says who the caller is.
    """

    site: Site
    service: str
    caller: str
    peer: str
    request: Request
    gateways: tuple[str, ...] = ()
    inspected: bool = True

    @property
    def here(self) -> Service:
        """The service that answers or refuses."""
        return Service(self.site.name, self.service)

    @property
    def protocol(self) -> str:
        """The protocol that its proxy speaks."""
        return self.site.protocol(self.service)


def ruled(at: Arrival, trail: Trail) -> Outcome:
    """Return what the proxy of a destination does with a request that has arrived there."""
    unknown = at.site.unknown(INTENTIONS)
    if unknown:
        return _open(at, trail, "intention", unknown)
    refused = "" if at.site.taken else of_intentions(at.site, at.service)
    if refused:
        origin = Origin(at.site.name, address_of(at.site, at.service))
        said = f"servers refuse this: {refused}"
        return stopped(trail, Reason("chain", Verdict.STOP, said, origin), at.gateways)
    further = unmodelled(at.site, at.service) if at.site.enterprise else ""
    if further:
        return _open(at, trail, "intention", further)
    return _by_rules(at, trail)


def _open(at: Arrival, trail: Trail, step: str, why: str) -> Outcome:
    because = (*trail, Reason(step, Verdict.UNKNOWN, why, at.site.origin))
    return unsure(why, [allowed(at, because), denied(at, because)])


def allowed(at: Arrival, because: Trail) -> Outcome:
    """Return the outcome of a request that the service answers."""
    return Outcome(Decision.ALLOWED, because, at.here, gateways=at.gateways)


def denied(at: Arrival, because: Trail) -> Outcome:
    """Return the outcome of a request that the service's proxy refuses."""
    return Outcome(Decision.DENIED, because, denied_at=at.here, gateways=at.gateways)


def _by_rules(at: Arrival, trail: Trail) -> Outcome:
    rules = applied(covering(at.site, at.service, at.caller, at.peer))
    blind = _blind(at)
    if not rules or blind:
        text_ = blind if rules else _nothing(at)
        return _default(at, (*trail, Reason("intention", Verdict.OK, text_, _place(at, rules))))
    worlds = (at.site.default,) if at.site.default else ("allow", "deny")
    found = [_in_world(at, trail, rules, default) for default in worlds]
    return found[0] if len(found) == 1 else _of_worlds(at, found)


def _of_worlds(at: Arrival, found: list[Outcome]) -> Outcome:
    """Return what rules amount to where the default is not known."""
    why = _default_unknown(at)
    outcome = unsure(why, found)
    if outcome.decision is not Decision.DEPENDS or why not in outcome.conditions:
        return outcome
    reason = Reason("default", Verdict.UNKNOWN, why, at.site.origin)
    return outcome._replace(because=(*outcome.because, reason))


def _place(at: Arrival, rules: list[Rule]) -> Origin:
    return rules[0].origin(at.site) if rules else at.site.origin


def _nothing(at: Arrival) -> str:
    whom = f"{at.caller} of peer {at.peer}" if at.peer else f"{at.caller} of this cluster"
    return f"no intention of {at.site.name} for {at.service} or * covers {whom}"


def _blind(at: Arrival) -> str:
    """Return why the proxy cannot distinguish a peer's callers; empty where it can."""
    if not at.peer:
        return ""
    if at.peer not in trusted(at.site, at.service):
        return (
            f"no intention about peer {at.peer} takes effect: by the item that wins, {at.service} is not "
            "exported to it, so its proxies do not know the peer"
        )
    return _unheard(at) if is_http(at.protocol) else ""


def _unheard(at: Arrival) -> str:
    """Return why the proxy does not hear from the gateway who the caller is; empty where it does."""
    if not at.inspected:
        return "no intention about a peer takes effect: the proxy speaks http, and the gateway hands tcp on"
    http = (at.site.entry(MESH, MESH) or {}).get("HTTP")
    if at.protocol == "grpc" and (at.site.version is None or at.site.version >= (1, 16, 0)):
        return "no intention about a peer takes effect on grpc: the gateway's word for the caller is dropped"
    if isinstance(http, Mapping) and http.get("SanitizeXForwardedClientCert"):
        return "no intention about a peer takes effect: mesh drops the gateway's word for the caller"
    return ""


def _default_unknown(at: Arrival) -> str:
    return f"the default intention of {at.site.name} is not known"


def _default(at: Arrival, trail: Trail) -> Outcome:
    """Return what the default intention does."""
    site = at.site
    if site.default is None:
        why = _default_unknown(at)
        because = (*trail, Reason("default", Verdict.UNKNOWN, why, site.origin))
        return Outcome(Decision.DEPENDS, because, at.here, at.here, (why,), gateways=at.gateways)
    ok = site.default == "allow"
    said = f"the default intention of {site.name} is {site.default}"
    because = (*trail, Reason("default", Verdict.OK if ok else Verdict.STOP, said, site.origin))
    return allowed(at, because) if ok else denied(at, because)


def _in_world(at: Arrival, trail: Trail, rules: list[Rule], default: str) -> Outcome:
    """Return what rules do where nothing else decides but `default`.

    A proxy has a list of what differs from the default. Where two rules stay, one that differs is enough.
    """
    found = [_by_rule(at, trail, rule, default) for rule in rules]
    differing = Decision.DENIED if default == "allow" else Decision.ALLOWED
    for wanted in (differing, Decision.DEPENDS):
        for one in found:
            if one.decision is wanted:
                return one
    return found[0]


def _by_rule(at: Arrival, trail: Trail, rule: Rule, default: str) -> Outcome:
    if rule.source.get("Permissions"):
        return _by_permissions(at, trail, rule, default)
    said = f"{'allowed' if rule.allows else 'denied'}: {shown(rule, at.peer)}"
    origin = rule.origin(at.site)
    verdict = Verdict.OK if rule.allows else Verdict.STOP
    because = (*trail, Reason("intention", verdict, said, origin))
    end = allowed(at, because) if rule.allows else denied(at, because)
    providers = providers_of(rule.jwt)
    if not providers or rule.allows == (default == "allow") or not is_http(at.protocol):
        return end
    return _with_token(at, trail, origin, providers, end, _falling_back(default))


def _falling_back(default: str) -> Callable[[Arrival, Trail], Outcome]:
    return lambda at, because: _as_default(at, because, default)


def _with_token(
    at: Arrival, trail: Trail, origin: Origin, providers: list[str], passed: Outcome, otherwise: Otherwise
) -> Outcome:
    """Return what comes of a rule that asks for a token."""
    words = f"a valid token of {' or '.join(providers)}"
    if not has_token(at.site, providers, at.request):
        because = (*trail, Reason("intention", Verdict.STOP, f"the request has no {words[2:]}", origin))
        return otherwise(at, because)
    because = (*trail, Reason("intention", Verdict.UNKNOWN, f"it asks for {words}", origin))
    asked = passed._replace(because=because)
    return told_apart([Branch(words, asked), Branch(None, otherwise(at, because))])


# Permissions


def _by_permissions(at: Arrival, trail: Trail, rule: Rule, default: str) -> Outcome:
    origin = rule.origin(at.site)
    if not is_http(at.protocol):
        said = f"denied: its permissions do not apply to the protocol {at.protocol}: {shown(rule, at.peer)}"
        return denied(at, (*trail, Reason("intention", Verdict.STOP, said, origin)))
    said = f"decided by the permissions of {shown(rule, at.peer)}"
    trail = (*trail, Reason("intention", Verdict.OK, said, origin))
    found = seen(at.site, at.request)
    outcomes = [_of_seen(at, trail, rule, default, one) for one in found]
    return outcomes[0] if len(outcomes) == 1 else unsure(found[0].condition, outcomes)


def _of_seen(at: Arrival, trail: Trail, rule: Rule, default: str, what: Seen) -> Outcome:
    if what.request is None:
        said = f"the proxy rejects such a request before it looks at permissions: mesh of {at.site.name}"
        return stopped(trail, Reason("permissions", Verdict.STOP, said, at.site.origin), at.gateways)
    return told_apart(list(_branches(at._replace(request=what.request), trail, rule, default)))


def _branches(at: Arrival, trail: Trail, rule: Rule, default: str) -> Iterator[Branch]:
    open_ = False  # whether it depends on the request if this is reached
    for index, permission in enumerate(items(rule.source.get("Permissions"))):
        http = permission.get("HTTP")
        matched = matches(http, at.request)
        if matched is False:
            continue
        open_ |= matched is None
        guard = shown_request(http)
        outcome = _permitted(at, trail, rule, index, default, unknown=matched is None)
        yield Branch(guard, outcome)
        if matched:
            return
    said = "no permission matches" if at.request.path or at.request.method else "what no permission matches"
    verdict = Verdict.UNKNOWN if open_ else Verdict.OK
    reason = Reason("permissions", verdict, said, rule.origin(at.site))
    yield Branch(None, _as_default(at, (*trail, reason), default))


def _as_default(at: Arrival, trail: Trail, default: str) -> Outcome:
    if default == "allow":
        said = f"the default intention of {at.site.name} is allow"
        return allowed(at, (*trail, Reason("default", Verdict.OK, said, at.site.origin)))
    said = f"the default intention of {at.site.name} is deny"
    return denied(at, (*trail, Reason("default", Verdict.STOP, said, at.site.origin)))


def _permitted(at: Arrival, trail: Trail, rule: Rule, index: int, default: str, *, unknown: bool) -> Outcome:
    """Return what comes of a permission that matches."""
    permission = items(rule.source.get("Permissions"))[index]
    origin = Origin(
        at.site.name, rule.origin(at.site).address, ("Sources", rule.number, "Permissions", index)
    )
    action = text(permission.get("Action"))
    verdict = Verdict.UNKNOWN if unknown else Verdict.OK if action == "allow" else Verdict.STOP
    said = f"{shown_request(permission.get('HTTP'))}: {action}"
    because = (*trail, Reason("permissions", verdict, said, origin))
    end = allowed(at, because) if action == "allow" else denied(at, because)
    tokens = providers_of(permission.get("JWT")) or providers_of(rule.jwt)
    if not tokens or action == default:
        return end
    return _with_token(at, trail, origin, tokens, end, _falling_back(default))
