"""State: what this tool applied, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.secrets.sensitive import Seal

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class RecordedCluster:
    """A cluster as last seen: enough to reach it again for cleaning up, never a credential."""

    name: str
    address: str
    provider: str
    identity: str = ""
    version: str = ""
    partition: str | None = None
    namespace: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One resource as last applied. `body` is our part of it in canonical form. `extra` keeps unknown keys.

    `adopted`: it existed before it was recorded, so others created it. `pending` names an operation whose
    intent was written and whose outcome was not (a crash in between).
    """

    address: Address
    body: Mapping[str, Any]
    provider: str
    version: int = 0
    remote_ids: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[Address, ...] = ()
    shared: bool = False
    protect: bool = False
    pending: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    adopted: bool = False

    @property
    def was_complete(self) -> bool:
        """Whether the object was complete when this was recorded: neither partly created nor being
        removed.
        """
        return self.pending in (None, "update", "rotate")

    def comes_up_as(self, remote_ids: Mapping[str, str]) -> bool:
        """Say whether the object with these IDs is one whose creation began here and was never seen to end.

        A replacement that had removed nothing yet left the old object, with the IDs that are recorded.
        """
        if self.pending == "replace":
            return dict(self.remote_ids) != dict(remote_ids)
        return self.pending == "create"


@dataclass(frozen=True, slots=True)
class Owner:
    """The configuration that a state belongs to: its name, and its files as last read.

    `files` are paths relative to the state's own place, so that a whole checkout may move. `former` are names
    that the configuration had before.
    """

    name: str | None = None
    files: tuple[str, ...] = ()
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Everything recorded. `lineage` never changes; `serial` rises by one with each saved snapshot.

    `owner` is the configuration that it belongs to (`None`: not recorded yet). `seal` has the key under which
    sensitive values are digested; `None` as long as none was recorded.
    """

    lineage: str = ""
    serial: int = 0
    clusters: Mapping[str, RecordedCluster] = field(default_factory=dict)
    resources: Mapping[Address, Recorded] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    seal: Seal | None = None
    owner: Owner | None = None
