"""The recorded state: shown, and (under the lock) corrected by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler import registry
from reconciler.app.options import Options
from reconciler.app.workspace.configuring import claimed_place, read_configuration, state_place, store
from reconciler.app.workspace.locking import locked
from reconciler.app.workspace.ownership import claim
from reconciler.app.workspace.veils import veiled_state
from reconciler.config.load import load
from reconciler.config.operating.reading import load_operator
from reconciler.engine.planning.selection import BadGlob, NothingMatches, matching
from reconciler.model.desired import DesiredState
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Owner, State
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Settings
from reconciler.statestore.ports import StateStore


async def show_state(options: Options) -> State:
    """Return the recorded state, with sensitive values masked. Raises `Failure` where it cannot be read."""
    state = await _store(options).read()
    kinds = await known_kinds(state)
    return veiled_state(state, kinds, _declared(options, kinds))[0] if kinds else state


async def known_kinds(state: State) -> dict[tuple[str, str], Kind]:
    """Return the rules of all that is recorded, as far as its providers are installed."""
    out: dict[tuple[str, str], Kind] = {}
    for name in {entry.provider for entry in state.resources.values()}:
        try:
            factory = registry.find(name)
        except Failure:
            continue
        with plugin_call(name, "kind_of"):
            provider = factory({}, Settings())
            for type_ in {one.address.type for one in state.resources.values() if one.provider == name}:
                kind = provider.kind_of(type_)
                if kind is not None:
                    out[name, type_] = kind
            await provider.close()
    return out


def _declared(options: Options, kinds: Mapping[tuple[str, str], Kind]) -> DesiredState:
    """Return the recorded resources that the configuration declares, where it can be read, for what it calls
    sensitive.
    """
    desired = load(options.root, options.paths, options.variables, options.ambient).desired
    if desired is None or not desired.veiled:
        return DesiredState({}, {})
    known = {a: one for a, one in desired.resources.items() if (one.provider, a.type) in kinds}
    return replace(desired, resources=known)


@dataclass(frozen=True, slots=True)
class Found:
    """What globs match in a state: the addresses, the globs that match nothing, and whether any of the others
    matches more than one."""

    addresses: tuple[Address, ...]
    unmatched: tuple[str, ...]
    several: bool = False


async def find_in_state(options: Options, patterns: Sequence[str]) -> Found:
    """Return what `remove_from_state` would forget, without a lock. Raises `Failure` as that does."""
    return _matching(patterns, await _store(options).read())


async def remove_from_state(
    options: Options, patterns: Sequence[str]
) -> tuple[tuple[Address, ...], tuple[str, ...]]:
    """Forget matching resources; clusters are not touched.

    Each glob counts for itself: gives what was forgotten, and the globs that match nothing. Raises `Failure`
    if none matches anything, or one has two meanings.
    """
    async with locked(_store(options), "state rm") as session:
        found = _matching(patterns, session.state)
        for address in found.addresses:
            await session.removed(address)
        await session.commit()
    return found.addresses, found.unmatched


async def claim_state(options: Options) -> tuple[Owner, Owner]:
    """Make this configuration the owner of the state. Returns the old and the new owner.

    Nothing is written to any cluster. Raises `Failure`.
    """
    configuration = read_configuration(options)
    place = claimed_place(options, state_place(options, configuration.operator.state))
    async with locked(_store(options), "state claim") as session:
        before = session.state.owner or Owner()
        asked = claim(configuration.files, configuration.desired, session.state, place)
        names = dict.fromkeys((*before.former, *([before.name] if before.name else ())))
        now = replace(asked.owner, former=tuple(name for name in names if name != asked.owner.name))
        await session.owned(now)
        await session.commit()
    return before, now


def _matching(patterns: Sequence[str], state: State) -> Found:
    found: dict[str, set[Address]] = {}
    missed: dict[str, BadGlob] = {}
    for pattern in patterns:
        try:
            found[pattern] = matching((pattern,), state.resources)
        except NothingMatches as error:
            missed[pattern] = error
        except BadGlob as error:
            raise Failure(Cause.USAGE, str(error), hint=error.hint) from None
    if not found and missed:
        hint = next(iter(missed.values())).hint
        raise Failure(Cause.USAGE, f"no resource matches {', '.join(map(repr, missed))}", hint=hint)
    addresses = {address for some in found.values() for address in some}
    return Found(tuple(sorted(addresses)), tuple(missed), any(len(some) > 1 for some in found.values()))


def _store(options: Options) -> StateStore:
    """Return the store alone: the state must be reachable also while the configuration is broken."""
    return store(options, load_operator(options.root).state)
