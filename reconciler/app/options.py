"""What a use case is asked to do: where, with which inputs, and how far."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.guarding.limits import Allowed
from reconciler.model.guarding.permits import Permits
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.process.awaiting import Awaiting

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Diagnostic, IgnoredProblem
    from reconciler.model.drifting.report import DriftReport
    from reconciler.model.event import Outcome
    from reconciler.model.guarding.approvals import Approved
    from reconciler.model.plan import Plan
    from reconciler.model.verdict.value import Verdict
    from reconciler.sdk.address import Address
    from reconciler.sdk.provider import ClusterInfo

VARIABLE_PREFIX = "RECONCILER_VAR_"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Options:
    """The global options of a run.

    root         the directory of the configuration, of `reconciler.yaml` and of a relative state path
    paths        configuration files or directories instead of `root`'s own YAML files
    variables    values of `${var.name}`, as text
    parallelism  calls in flight per cluster (`None`: `reconciler.yaml`'s or 10)
    lock_timeout seconds to wait for the state lock
    environ      where credentials are looked up
    state_path   the state directory (`None`: where `reconciler.yaml` says, or `state`)
    allowed      how much a plan may destroy and change although that is over a limit
    permits      what the run was given to pass other safety checks
    clock        gives the time now, with a time zone
    ignore_marks whether to go on with a state that is older than one that a cluster has seen
    transports   cluster name -> in-process transport, for tests and embedding
    awaiting     where a front end looks up which clusters the run waits for
    """

    root: Path = Path()
    paths: tuple[Path, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    parallelism: int | None = None
    lock_timeout: float = 0.0
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    state_path: Path | None = None
    allowed: Allowed = field(default_factory=Allowed)
    permits: Permits = field(default_factory=Permits)
    clock: Callable[[], datetime] = _now
    ignore_marks: bool = False
    transports: Mapping[str, object] = field(default_factory=dict)
    awaiting: Awaiting = field(default_factory=Awaiting)

    @property
    def ambient(self) -> dict[str, str]:
        """Values of variables in the environment: `RECONCILER_VAR_name`."""
        return {
            name[len(VARIABLE_PREFIX) :]: value
            for name, value in self.environ.items()
            if name.startswith(VARIABLE_PREFIX)
        }


@dataclass(frozen=True, slots=True)
class Validation:
    """What `validate` found: every problem, and how much was declared.

    `fail_on_warning`: a warning counts as an error does. `online`: the clusters were asked, too.
    `policies` is how many are declared, `ignored` what comments in the configuration ignore. `known` are
    the clusters that answered.
    """

    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...]
    resources: int = 0
    clusters: int = 0
    fail_on_warning: bool = False
    online: bool = False
    policies: int = 0
    ignored: tuple[IgnoredProblem, ...] = ()
    known: Mapping[str, ClusterInfo] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The verdict on it."""
        from reconciler.model.verdict.validations import validation_verdict

        return validation_verdict(
            self.diagnostics,
            files=len(self.files),
            resources=self.resources,
            clusters=self.clusters,
            fail_on_warning=self.fail_on_warning,
        )

    @property
    def ok(self) -> bool:
        """Whether no problem stops a run."""
        return not any(item.is_error or self.fail_on_warning for item in self.diagnostics)


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan with the configuration's warnings; `elapsed` is seconds spent reading and planning. `drift` is
    what a look for drift found, by class; `None` where the plan is for something else. `configuration` is
    the configuration's name, empty where it has none; `None` where that is not said.
    """

    plan: Plan
    warnings: tuple[Diagnostic, ...] = ()
    elapsed: float = 0.0
    drift: DriftReport | None = None
    configuration: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """The answer to a plan: whether it may be carried out, and the addresses that were confirmed with it."""

    given: bool
    confirmed: tuple[Address, ...] = ()

    def __bool__(self) -> bool:
        return self.given


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """How an apply went. `outcome` is `None` where nothing was to do or it was not approved. `approvals` are
    the signatures of the saved plan that counted. `configuration` is the configuration's name, empty where it
    has none; `None` where that is not said.
    """

    plan: Plan
    outcome: Outcome | None
    approved: bool
    approvals: tuple[Approved, ...] = ()
    configuration: str | None = None
