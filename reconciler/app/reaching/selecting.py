"""Selecting callers and destinations by patterns, and reading what is dialed."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.app.reaching.choice import PairSelection
from reconciler.app.reaching.world import AskedWorld
from reconciler.config.clusters.names import did_you_mean
from reconciler.model.failure import Cause, Failure
from reconciler.model.service_patterns import Selectable, ServicePattern
from reconciler.sdk.access.question import ANY, Service, Upstream
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Selected:
    """The callers and destinations that patterns select; `None`: all. `exact`: each is named by itself, so
    that every pair of them is answered, also where nothing connects their clusters.
    """

    callers: tuple[Service, ...] | None
    to: tuple[Service, ...] | None
    exact: bool = False


def selected(selection: PairSelection, world: AskedWorld) -> Selected:
    """Return the selected services. Raises `Failure` for a pattern that is none, one that names an unknown
    cluster or group, and one that matches nothing.
    """
    if selection.upstream is not None and not selection.callers:
        hint = "name the caller: --from web@dc1"
        raise Failure(Cause.USAGE, "--upstream is what a caller dials, and there is no --from", hint=hint)
    known = world.selectable()
    callers = _services(selection.callers, known, world, callers=True) if selection.callers else None
    to = _services(selection.to, known, world, callers=False) if selection.to else None
    patterns = [_pattern(text) for text in (*selection.callers, *selection.to)]
    exact = bool(callers and to) and all(one.exact and one.cluster in known.names for one in patterns)
    return Selected(callers, to, exact)


def _services(
    patterns: Sequence[str], known: Selectable, world: AskedWorld, *, callers: bool
) -> tuple[Service, ...]:
    found: dict[Service, None] = {}
    for text in patterns:
        for service in _of_pattern(_pattern(text), known, world, callers=callers):
            found[service] = None
    return tuple(found)


def _pattern(text: str) -> ServicePattern:
    try:
        return ServicePattern.parse(text)
    except ValueError as error:
        raise Failure(Cause.USAGE, str(error)) from None


def _of_pattern(
    pattern: ServicePattern, known: Selectable, world: AskedWorld, *, callers: bool
) -> list[Service]:
    """Return what one pattern selects. One service of one cluster is asked about whether it is known or not;
    `*` as a caller is also every service that is not named anywhere.
    """
    clusters = pattern.clusters(known)
    if not clusters:
        raise _no_cluster(pattern, known)
    if pattern.exact and pattern.cluster in known.names:
        return [Service.parse(f"{pattern.service}@{pattern.cluster}")]
    services = world.callers if callers else world.services
    everyone = [Service(name, ANY) for name in clusters] if callers and pattern.service == ANY else []
    found = [one for one in services if one.name != ANY and pattern.selects(one, clusters)]
    if not found and not everyone:
        names = [str(one) for one in services]
        hint = did_you_mean(pattern.text, names)
        raise Failure(Cause.USAGE, f'no service matches "{pattern.text}"', hint=hint)
    return [*found, *everyone]


def _no_cluster(pattern: ServicePattern, known: Selectable) -> Failure:
    if pattern.labels is not None:
        hint = (
            "" if known.clusters else "labels are those of a configuration, and none without errors is here"
        )
        return Failure(Cause.USAGE, f'no cluster has the labels of "{pattern.text}"', hint=hint)
    hint = did_you_mean(pattern.cluster, [*known.names, *known.groups])
    return Failure(Cause.USAGE, f'"{pattern.text}": there is no cluster {pattern.cluster}', hint=hint)


def upstream_of(selection: PairSelection) -> Upstream | None:
    """Return what the callers dial, of `NAME[@PEER]`, in a namespace `NAMESPACE/NAME[@PEER]`.

    Raises `Failure` for any other form.
    """
    text = selection.upstream
    if text is None:
        return None
    scoped, at, peer = text.partition("@")
    namespace, slash, name = scoped.rpartition("/")
    if not name or (at and not peer) or "@" in peer or name == ANY:
        hint = "write NAME, or NAME@PEER with the peer's name on the caller's cluster"
        raise Failure(Cause.USAGE, f"not an upstream: {text!r}", hint=hint)
    return Upstream(name, peer or None, namespace if slash else None)
