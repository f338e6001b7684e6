"""Validating online: what the clusters say against a configuration, as problems at the places it declares."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.app.ignoring import unused_problems
from reconciler.app.options import Options, Validation
from reconciler.app.planning.checking import checked, planned
from reconciler.app.planning.unused import unused
from reconciler.app.validating import loaded as load_all
from reconciler.app.validating import validated
from reconciler.app.workspace.configuring import Configuration, configured, store
from reconciler.app.workspace.opening import Workspace, open_workspace
from reconciler.config.lint.applying import ignore_problems
from reconciler.engine.execution.steps import seen
from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.settling import decided, settle
from reconciler.engine.refresh import ObservedState, refresh, wanted
from reconciler.model.change import Change
from reconciler.model.diagnostic import Diagnostic, Position, Severity
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.checks import Finding, Planned, Survey, Surveys
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.provider import ClusterInfo, Step, Unknown, Verb
from reconciler.sdk.secrets.quoting import quoted
from reconciler.sdk.secrets.sensitive import revealed

if TYPE_CHECKING:
    from reconciler.sdk.address import Address


async def validate_online(options: Options, fail_on_warning: bool | None = None) -> Validation:
    """Check the configuration, and what the clusters say against it. Writes nothing, and needs no lock.

    Without a configuration that is free of errors, no cluster is contacted. Raises `Failure` where the state
    or a provider cannot be used.
    """
    found = load_all(options)
    offline = validated(found, fail_on_warning, options.clock())
    if found.desired is None:
        return offline
    configuration = configured(found, found.desired, options)
    state = await store(options, configuration.operator.state).read()
    async with open_workspace(configuration, state, options) as workspace:
        resources = workspace.desired.resources
        observed = await refresh(wanted(resources, workspace.kept.resources), workspace.providers)
        online = [item async for item in _found(workspace, observed)]
    problems = sorted(_together(configuration, online), key=_place)
    ignored = tuple(configuration.lint.dropped.values())
    known = {name: said for name, said in observed.clusters.items() if isinstance(said, ClusterInfo)}
    return replace(offline, diagnostics=tuple(problems), online=True, ignored=ignored, known=known)


def _place(problem: Diagnostic) -> tuple[bool, str, int, int]:
    """Return where a problem is listed: by its place, those without one last."""
    at = problem.position
    return (at is None, at.file if at else "", at.line if at else 0, at.column if at else 0)


def _together(configuration: Configuration, online: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield all problems as they count, and what is said of ignore comments now that all are known."""
    lint = configuration.lint
    known = [*configuration.warnings, *lint.applied(online)]
    yield from known
    said = {(item.code, item.position) for item in known}
    more = (
        item for item in ignore_problems(lint, known, online=True) if (item.code, item.position) not in said
    )
    yield from lint.applied(more)


async def _found(workspace: Workspace, observed: ObservedState) -> AsyncIterator[Diagnostic]:
    """Yield what the clusters say, and which of them did not answer."""
    for item in _unread(workspace, observed):
        yield item
    for item in unused_problems(unused(_inputs(workspace, observed))):
        yield item
    changes = _changes(workspace, observed)
    for address, findings in (await _checked(workspace, changes)).items():
        for finding in findings:
            yield _of_object(finding, address, workspace)
    for name, items in _by_provider(changes, _as_written).items():
        provider = workspace.providers.get(name)
        if isinstance(provider, Surveys):
            with plugin_call(name, "survey"):
                survey = await provider.survey(items)
            for item in _surveyed(survey, workspace):
                yield item


def _surveyed(survey: Survey, workspace: Workspace) -> Iterator[Diagnostic]:
    for address, findings in survey.objects.items():
        yield from (_of_object(finding, address, workspace) for finding in findings)
    for name, findings in survey.clusters.items():
        yield from (_problem(finding, _cluster_place(workspace, name)) for finding in findings)


def _unread(workspace: Workspace, observed: ObservedState) -> Iterator[Diagnostic]:
    """Yield a problem for each cluster of which something could not be read."""
    errors = {name: said for name, said in observed.clusters.items() if isinstance(said, ProviderError)}
    for address, item in observed.objects.items():
        if isinstance(item, Unknown):
            errors.setdefault(item.error.cluster or address.cluster, item.error)
    for name, error in sorted(errors.items()):
        finding = Finding("not-checked", f"{name} was not checked: {error.message}", error.hint, blocks=False)
        yield _problem(finding, _cluster_place(workspace, name))


def _inputs(workspace: Workspace, observed: ObservedState) -> Inputs:
    desired, state, kinds = workspace.desired, workspace.state, workspace.kinds
    return Inputs(desired, state, observed, kinds, ignores=workspace.ignores)


def _changes(workspace: Workspace, observed: ObservedState) -> tuple[Change, ...]:
    return settle(decided(_inputs(workspace, observed))).in_order_of_address


async def _checked(workspace: Workspace, changes: Sequence[Change]) -> dict[Address, tuple[Finding, ...]]:
    """Return what a plan would find, and of objects that it leaves alone what it would find of them if they
    were written: that stops no plan.
    """
    found = await checked(workspace, _by_provider(changes, planned))
    again = await checked(workspace, _by_provider(changes, _as_written))
    out = dict(found)
    for change in changes:
        known = {(item.rule, item.message) for item in found.get(change.address, ())}
        if planned(change).step is None:
            more = (item for item in again.get(change.address, ()) if (item.rule, item.message) not in known)
            out[change.address] = (
                *found.get(change.address, ()),
                *(replace(item, blocks=False) for item in more),
            )
    return out


def _by_provider(changes: Iterable[Change], form: Callable[[Change], Planned]) -> dict[str, list[Planned]]:
    out: dict[str, list[Planned]] = {}
    for change in changes:
        out.setdefault(change.provider, []).append(form(change))
    return out


def _as_written(change: Change) -> Planned:
    """Return a change as if its object was to be written, whether or not it differs."""
    found = planned(change)
    after = revealed(change.after)
    if found.step is not None or after is None or change.blocked:
        return found
    return replace(found, step=Step(Verb.UPDATE, change.address, seen(change), after))


def _of_object(finding: Finding, address: Address, workspace: Workspace) -> Diagnostic:
    resource = workspace.desired.resources.get(address)
    return _problem(finding, resource.origin if resource is not None else None, str(address))


def _problem(finding: Finding, at: Position | None, address: str = "") -> Diagnostic:
    severity = Severity.ERROR if finding.blocks else Severity.WARNING
    return Diagnostic(
        severity, finding.rule, quoted(finding.message), at, quoted(finding.hint), address=address
    )


def _cluster_place(workspace: Workspace, name: str) -> Position | None:
    cluster = workspace.desired.clusters.get(name)
    return cluster.origin if cluster is not None else None
