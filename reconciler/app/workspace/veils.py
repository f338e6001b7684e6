"""Veils: what is sensitive in a run is covered as soon as the kinds are known, and in older states too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.config.digest import digest
from reconciler.engine.bodies.veiling import Marks, joined, marks_at, marks_of, reaches_sensitive, veil
from reconciler.model.change import Change
from reconciler.model.desired import DesiredState, Resource
from reconciler.model.state import Recorded, State
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Provider
from reconciler.sdk.secrets.quoting import forget_values, remember_values
from reconciler.sdk.secrets.sensitive import has_sensitive, leaves, texts
from reconciler.statestore.ports import Session

Kinds = Mapping[tuple[str, str], Kind]


def veiled_desired(desired: DesiredState, kinds: Kinds, state: State) -> DesiredState:
    """Return the desired state, with sensitive values wrapped where kinds or the configuration call them so.

    Its digest then holds no more of a sensitive value than its own keyed digest.
    """
    changed: dict[Address, Resource] = {}
    for address, resource in desired.resources.items():
        kind = kinds[resource.provider, address.type]
        if desired.veiled or reaches_sensitive(kind.rule):
            body = veil(kind.rule, resource.body, _named(kind, resource))
            if has_sensitive(body):
                changed[address] = replace(resource, body=body)
    if not changed:
        return desired
    resources = {**desired.resources, **changed}
    key = state.seal if state.serial else None
    return replace(desired, resources=resources, digest=digest(desired.clusters, resources, key), veiled=True)


def veiled_state(state: State, kinds: Kinds, desired: DesiredState) -> tuple[State, tuple[Recorded, ...]]:
    """Return the state, with sensitive values wrapped where an older version kept them in clear, and the
    records of which that is so.
    """
    declared = desired.resources if desired.veiled else {}
    resources = {
        address: veiled_entry(entry, kinds.get((entry.provider, address.type)), declared.get(address))
        for address, entry in state.resources.items()
    }
    veiled = [entry for address, entry in resources.items() if entry is not state.resources[address]]
    exposed = tuple(entry for entry in veiled if any(leaf.known for leaf in leaves(entry.body)))
    return (replace(state, resources=resources), exposed) if veiled else (state, ())


def veiled_entry(entry: Recorded, kind: Kind | None, resource: Resource | None) -> Recorded:
    """Return one record, with sensitive values wrapped as its kind and the declared resource say."""
    if resource is not None and not (resource.sensitive or has_sensitive(resource.body)):
        resource = None
    if kind is None or not (resource or reaches_sensitive(kind.rule)):
        return entry
    places = joined(_named(kind, resource), marks_of(kind.rule, resource.body)) if resource else {}
    body = veil(kind.rule, entry.body, places)
    return entry if body is entry.body else replace(entry, body=body)


def remember(desired: DesiredState, exposed: Sequence[Recorded]) -> None:
    """Let what others say be searched for the sensitive values of this run, and of no other."""
    forget_values()
    if desired.veiled:
        remember_values(text for one in desired.resources.values() for text in texts(one.body))
    remember_values(text for one in exposed for text in texts(one.body))


def remember_live(changes: Iterable[Change]) -> None:
    """Remember the sensitive values that were read from clusters, so that they are masked."""
    remember_values(text for change in changes for text in texts(change.before))


def warning(exposed: Sequence[Recorded]) -> tuple[str, ...]:
    """Return a plan's warning about a state that keeps sensitive values in clear."""
    if not exposed:
        return ()
    return (
        f"the state keeps sensitive values of {_resources(len(exposed))} in clear; "
        "the next apply replaces them by digests, in its generations too",
    )


async def conceal(
    exposed: Sequence[Recorded], session: Session, providers: Mapping[str, Provider], desired: DesiredState
) -> tuple[str, ...]:
    """Keep digests of what older versions recorded in clear, in every generation too; says so.

    The generations go first: a run that dies in between finds the records as they were, and does it again.
    """
    if not exposed:
        return ()

    def veiled(entry: Recorded) -> Recorded:
        provider = providers.get(entry.provider)  # of what an older snapshot has, nothing may be in play
        kind = provider.kind_of(entry.address.type) if provider is not None else None
        return veiled_entry(entry, kind, desired.resources.get(entry.address))

    rewritten = await session.veil_generations(veiled)
    for entry in exposed:
        await session.applied(entry)
    older = f" and in {rewritten} older generation{'s' if rewritten != 1 else ''}" if rewritten else ""
    return (
        f"sensitive values of {_resources(len(exposed))} were stored in clear: in the state{older} "
        "they are replaced by digests now; anyone who could read those files knows the old values",
    )


def _resources(count: int) -> str:
    return f"{count} resource{'s' if count != 1 else ''}"


def _named(kind: Kind, resource: Resource) -> Marks:
    return joined(*(marks_at(kind.rule, path) for path in resource.sensitive))
