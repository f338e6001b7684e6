"""State: what this tool applied, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from reconciler.model.auditing.entry import Anchor
from reconciler.model.auditing.origin import Revision
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
class Saved:
    """When a snapshot was saved (UTC, as `2026-11-30T05:17:37Z`), by whom (`user@host`), and by which
    operation.

    `revision` is that of the configuration, `audit` the last line of the audit log then; `None` where that is
    not known, and where a version saved it that did not record it.
    """

    at: str
    by: str
    operation: str
    revision: Revision | None = None
    audit: Anchor | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Everything recorded. `lineage` never changes; `serial` rises by one with each saved snapshot.

    `owner` is the configuration that it belongs to (`None`: not recorded yet). `seal` has the key under which
    sensitive values are digested; `None` as long as none was recorded. `saved` says when this snapshot was
    saved; `None` where a version that did not record it saved it, or none was saved yet.
    """

    lineage: str = ""
    serial: int = 0
    clusters: Mapping[str, RecordedCluster] = field(default_factory=dict)
    resources: Mapping[Address, Recorded] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    seal: Seal | None = None
    owner: Owner | None = None
    saved: Saved | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """One kept snapshot. `size` is in bytes, as stored; `resources` is how many it records.

    `problem` says why it cannot be read; `saved` and `resources` are `None` then, and `saved` also where it
    was not recorded.
    """

    serial: int
    size: int
    saved: Saved | None = None
    resources: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One part of a store that was read to verify it: a file or document, and what it holds.

    `problem` says what is wrong with it. What a run that died left behind, and the next one clears away, is
    no problem: `detail` says so. `unknown`: it could not be read, so that nothing is known of it.
    """

    part: str
    detail: str
    problem: str | None = None
    unknown: bool = False
