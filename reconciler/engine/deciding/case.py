"""One object's case: all that is known about it, and the change that a decision starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.change import Action, Change
from reconciler.model.desired import Resource
from reconciler.model.ignoring.rules import IgnoreRule, Path
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Condition, Observation, Present


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known about one object. `forced` asks for replacement, `destroying` for removal.

    `kept`: the places that stay sensitive in the record; `None` where nothing in the case is. `ignores` are
    the rules about what is left as it is.
    """

    address: Address
    kind: Kind
    resource: Resource | None
    recorded: Recorded | None
    live: Observation
    forced: bool = False
    destroying: bool = False
    kept: Mapping[Any, Any] | None = None
    ignores: tuple[IgnoreRule, ...] = ()

    @property
    def ignored_paths(self) -> tuple[Path, ...]:
        """The paths of all that is ignored of it."""
        return tuple(path for rule in self.ignores for path in rule.fields)


def unchanged(case: Case, **more: Any) -> Change:
    """Return the change that does nothing, with everything about the object that decisions carry on, and
    `more`.
    """
    resource, recorded, live = case.resource, case.recorded, case.live
    present = live if isinstance(live, Present) else None
    return Change(
        case.address,
        Action.NO_OP,
        provider=resource.provider if resource else recorded.provider if recorded else "",
        observed_version=present.version if present else None,
        remote_ids=present.remote_ids if present else {},
        depends_on=resource.depends_on if resource else recorded.depends_on if recorded else (),
        required_by=resource.required_by if resource else (),
        shared=resource.shared if resource else bool(recorded and recorded.shared),
        protect=resource.protect if resource else bool(recorded and recorded.protect),
        origin=resource.origin if resource else None,
        protected_at=resource.protected_at if resource else None,
        adopted=recorded.adopted if recorded else present is not None,
        ignores=case.ignored_paths,
        contacts=present.contacts if present else {},
        **more,
    )


def with_health(change: Change, live: Present) -> Change:
    """Return the change with a note where the object is unhealthy, and with what a reader must know before
    changing it.
    """
    if live.condition is Condition.UNHEALTHY:
        said = {"notes": (*change.notes, live.why)} if change.is_action else {"unhealthy": live.why}
        change = replace(change, **said)
    if live.remarks and (change.is_action or change.adopt):
        change = replace(change, notes=(*change.notes, *live.remarks))
    return change
