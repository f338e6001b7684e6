"""Policies on what is declared, for `validate`: no cluster is contacted. What clusters said of themselves
when they were asked counts, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from reconciler.app.bodies import shown_bodies
from reconciler.app.options import Options, Validation
from reconciler.app.planning.access.policing import standing
from reconciler.app.reaching.offline import offline_providers
from reconciler.app.workspace.configuring import Configuration, read_configuration
from reconciler.model.desired import Cluster
from reconciler.model.diagnostic import Diagnostic, IgnoredProblem, Severity
from reconciler.model.reaching.policy import Finding, Held, Undecided
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.access.answer import Reason
from reconciler.sdk.access.protocol import Analyses, World
from reconciler.sdk.provider import ClusterInfo

BROKEN, UNDECIDED = "policy-broken", "policy-undecided"


async def check_policies(options: Options) -> tuple[Diagnostic, ...]:
    """Return a problem for each path that breaks a policy, or of which that cannot be decided, in the world
    that the configuration declares, as comments and `lint.rules` have it count.

    Raises `Failure` for a configuration with errors.
    """
    return (await _checked(options, {}))[0]


async def with_policies(found: Validation, options: Options) -> Validation:
    """Return what `validate` found, with the policies that are broken or cannot be decided; what clusters
    were heard to say of themselves counts as if it was declared.
    """
    problems, ignored = await _checked(options, found.known)
    more = tuple(one for one in ignored if one not in found.ignored)
    return replace(found, diagnostics=(*found.diagnostics, *problems), ignored=(*found.ignored, *more))


async def _checked(
    options: Options, known: Mapping[str, ClusterInfo]
) -> tuple[tuple[Diagnostic, ...], tuple[IgnoredProblem, ...]]:
    configuration = read_configuration(options, keep_places=True)
    policies = configuration.desired.policies
    found: list[Diagnostic] = []
    clusters = configuration.desired.clusters
    heard = {name: _heard(one, known.get(name)) for name, one in clusters.items()}
    async with offline_providers(heard) as providers:
        for name, provider in providers.items() if policies else ():
            if isinstance(provider, Analyses):
                bodies = shown_bodies(name, provider, configuration.desired)
                with plugin_call(name, "analysis"):
                    world = provider.declared(bodies)
                    at = _places(configuration, provider, world)
                    findings = list(standing(policies, provider.analysis(world), at))
                found += [_problem(item, configuration) for item in findings]
    problems = tuple(configuration.lint.applied(found))
    return problems, tuple(configuration.lint.dropped.values())


def _heard(cluster: Cluster, known: ClusterInfo | None) -> Cluster:
    """Return a cluster as it runs; what could not be read is as declared."""
    if known is None:
        return cluster
    return replace(
        cluster,
        version=known.version if known.version != "unknown" else cluster.version,
        default_intention=known.default_intention or cluster.default_intention,
    )


def _places(configuration: Configuration, provider: Analyses, world: World) -> Callable[[Reason | None], str]:
    """Return what finds the place of a reason: the file, the line and the column."""

    def at(reason: Reason | None) -> str:
        origin = reason.origin if reason is not None else None
        if origin is None or origin.address is None or configuration.places is None:
            return ""
        body = provider.body(world, origin.address)
        found = configuration.places.of(origin.address, origin.path, body)
        return str(found or configuration.places.of(origin.address) or "")

    return at


def _problem(found: Finding, configuration: Configuration) -> Diagnostic:
    policy = next(
        item
        for item in configuration.desired.policies
        if (str(item), item.origin) == (found.policy, found.origin)
    )
    broken = found.held is Held.BROKEN
    stops = broken or policy.undecided is Undecided.BLOCK
    because = f"{found.why}{f' ({found.at})' if found.at else ''}"
    reason = f"; {found.reason}" if found.reason else ""
    word = "" if broken else "it is not known whether this breaks the policy: "
    return Diagnostic(
        Severity.ERROR if stops else Severity.WARNING,
        BROKEN if broken else UNDECIDED,
        f"{word}{found.path} is {because}" if broken else f"{word}{found.path} {because}",
        found.origin,
        f"{found.policy}{reason}",
    )
