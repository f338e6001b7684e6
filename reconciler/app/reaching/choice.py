"""What is asked: of which world, and about which services."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.access import WorldSource
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class WorldChoice:
    """The world that is asked: what is declared, unless another is chosen.

    `live`: what runs. `snapshot`: what a snapshot file has. `plan`: what the plan of this file would leave
    behind, on the clusters as they are now, or with `snapshot` on those of that file. `addresses`: those of
    servers and gateways are read as well.
    """

    live: bool = False
    plan: Path | None = None
    snapshot: Path | None = None
    addresses: bool = False

    @property
    def source(self) -> WorldSource:
        """Where the world comes from."""
        if self.plan is not None:
            return WorldSource.PLAN
        if self.snapshot is not None:
            return WorldSource.SNAPSHOT
        return WorldSource.LIVE if self.live else WorldSource.DECLARED


@dataclass(frozen=True, slots=True)
class PairSelection:
    """Which callers and destinations are asked about. Without patterns: all of them.

    callers, to  patterns of `NAME@CLUSTER`: globs, and in place of a cluster a group (`web@us`) or labels
                 (`*@{env: prod}`)
    upstream     what the callers dial: `NAME`, or `NAME@PEER` with the peer's name on the caller's cluster
    """

    callers: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    upstream: str | None = None
