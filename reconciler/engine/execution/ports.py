"""What an execution reaches."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.ports import Observer, Providers, Recorder, Stop
from reconciler.model.change import Change
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind


@dataclass(frozen=True, slots=True)
class Ports:
    """Providers, the record, who watches, and whether to stop."""

    providers: Providers
    recorder: Recorder
    observe: Observer
    stop: Stop
    kinds: Mapping[tuple[str, str], Kind]

    def kind(self, change: Change) -> Kind:
        """Return the rules for a changed object."""
        return self.kinds[change.provider, change.address.type]
