"""Where a run comes from: the revision of its configuration, and who started it."""

from __future__ import annotations

from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit that git has checked out. `branch` is `None` where none is.

    `dirty`: a file of the configuration, or `reconciler.yaml`, is not as that commit has it.
    """

    commit: str
    branch: str | None = None
    dirty: bool = False

    @property
    def short(self) -> str:
        """Return it for people: `1f2e3d4c5b6a on main, dirty`."""
        branch = f" on {self.branch}" if self.branch else ""
        return f"{self.commit[:12]}{branch}{', dirty' if self.dirty else ''}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who a CI system says that started the job: `system` is `github`, `gitlab`, …, `job` the job's page."""

    name: str
    system: str
    job: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run comes from. `revision` is `None` where it is unknown, `actor` outside of CI."""

    revision: Revision | None = None
    actor: Actor | None = None


def unknown() -> Origin:
    """Return the origin of a run of which nothing is known."""
    return Origin()
