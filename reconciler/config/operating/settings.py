"""What `reconciler.yaml` says, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from reconciler.config.text.building import Limits
from reconciler.model.guarding.approvals import ApprovalSettings
from reconciler.model.guarding.safety import SafetySettings
from reconciler.sdk.dataclass import dataclass

if TYPE_CHECKING:
    from reconciler.model.guarding.freezes import Freeze
    from reconciler.model.notifying.hook import Hook
    from reconciler.model.plan import TakeDown
    from reconciler.model.state_place import StatePlace


@dataclass(frozen=True, slots=True)
class Credential:
    """Where one cluster's token and TLS files come from. `address`: the only one the token is sent to."""

    address: str | None = None
    token_env: str | None = None
    token_file: str | None = None
    token_command: tuple[str, ...] | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    allow_plaintext: bool = False


@dataclass(frozen=True, slots=True)
class LintSettings:
    """The section `lint`. `rules`: by id `off`, `warning` or `error`. `fail_on_warning`: a warning stops a
    run as an error does; `None` where it says nothing.
    """

    rules: Mapping[str, str] = field(default_factory=dict)
    fail_on_warning: bool | None = None


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """What `reconciler.yaml` says; `None` where it says nothing.

    `state`: where the state is kept.
    `strict_credentials`: whether a token needs an address of the operator's wherever it is sent.
    `take_down`: which objects may be taken down for a while to make room for other changes.
    `mark_clusters`: whether each cluster is to keep the serial of the newest state that it has seen.
    `mark_objects`: whether every object is to carry the configuration's name in its Meta.
    `lint`: which rules are turned off or have another severity, and what stops a run.
    `safety`: how much one run may do, and what has to be confirmed.
    `freezes`: times in which nothing is applied.
    `notify`: where notifications of how runs end go.
    `approvals`: how many signatures a plan needs, and whose count.
    """

    state: StatePlace | None = None
    parallelism: int | None = None
    limits: Limits = field(default_factory=Limits)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    strict_credentials: bool | None = None
    take_down: TakeDown | None = None
    mark_objects: bool = False
    mark_clusters: bool = False
    lint: LintSettings = field(default_factory=LintSettings)
    safety: SafetySettings = field(default_factory=SafetySettings)
    freezes: tuple[Freeze, ...] = ()
    notify: tuple[Hook, ...] = ()
    approvals: ApprovalSettings = field(default_factory=ApprovalSettings)
