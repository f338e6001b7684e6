"""What a session has recorded so far, kept as text: the same text that goes into journal and snapshot.

Because only text is kept, no caller that holds a State, or an object that was handed in, can change what
will be saved.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.state import Owner, Recorded, RecordedCluster, Saved, State
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.sensitive import Seal
from reconciler.statestore.text import codec, journal, texts


class Ledger:
    """The working copy of one session. Each method takes one event and gives its journal line's payload.

    `base` is the last snapshot's State, `recovered` the same with the journal of a crashed run in it.
    Methods raise `TypeError` or `ValueError`, and change nothing, for what cannot be written.
    """

    def __init__(self, base: State, recovered: State) -> None:
        self.state = recovered
        self._seal, self._fresh = recovered.seal, False
        self._owner = recovered.owner
        self._snapshot = base
        self._clusters, self._resources = _texts(recovered)
        same = base is recovered
        self._base = (dict(self._clusters), dict(self._resources)) if same else _texts(base)
        self._extras = _extras(recovered)

    def put(self, op: str, recorded: Recorded) -> str:
        """Return the line of an intent or an outcome. Keys that we do not know stay with the address."""
        address = texts.address_text(recorded.address)
        known = self._extras.get(recorded.address)
        if known:
            recorded = replace(recorded, extra={**known, **recorded.extra})
        text = self._resource_text(recorded)
        self._resources[address] = text
        return journal.put_text(op, address, text)

    def _resource_text(self, recorded: Recorded) -> str:
        try:
            return texts.resource_text(recorded, self._seal)
        except texts.NoSeal:
            return texts.resource_text(recorded, self.seal())

    def seal(self) -> Seal:
        """Return the seal of this State's sensitive values; created where there is none yet."""
        if self._seal is None:
            self._seal, self._fresh = Seal(secrets.token_hex(32)), True
        return self._seal

    def fresh_key(self) -> str | None:
        """Return the journal line of a key that was just created, or `None`. It goes before any digest."""
        if not self._fresh or self._seal is None:
            return None
        self._fresh = False
        return journal.key_text(self._seal.key)

    def removed(self, address: Address) -> str:
        """Drop a resource from the record; return the line."""
        text = texts.address_text(address)
        self._resources.pop(text, None)
        self._extras.pop(address, None)
        return journal.drop_text(text)

    def saw_cluster(self, cluster: RecordedCluster) -> str:
        """Record a cluster; return the line. Keys that we do not know stay with the name."""
        known = self._extras.get(cluster.name)
        if known:
            cluster = replace(cluster, extra={**known, **cluster.extra})
        text = texts.cluster_text(cluster)
        self._clusters[cluster.name] = text
        return journal.cluster_text(cluster.name, text)

    def forget_cluster(self, name: str) -> str:
        """Drop a cluster from the record; return the line."""
        self._clusters.pop(name, None)
        self._extras.pop(name, None)
        return journal.forget_text(name)

    def owned(self, owner: Owner) -> str:
        """Record the owner of this State; return the line."""
        self._owner = owner
        return journal.owner_line(owner)

    @property
    def changed(self) -> bool:
        """Whether a snapshot of this would differ from the last one in more than its serial."""
        return (*self._base, self._snapshot.owner) != (self._clusters, self._resources, self._owner)

    def settled(self) -> None:
        """Take the last snapshot as the state: all that happened cancelled out."""
        self.state = self._snapshot

    def next_snapshot(self, saved: Saved) -> bytes:
        """Return the text of the next snapshot, which `saved` says who saves."""
        serial = self.state.serial + 1
        head = replace(self.state, serial=serial, seal=self._seal, owner=self._owner, saved=saved)
        return codec.document(head, self._clusters, self._resources)

    def take(self, state: State) -> None:
        """Take this in place of all that is recorded. The next serial is above the recorded one, and not
        below this one's. Without a lineage it gets the recorded one.
        """
        self._clusters, self._resources = _texts(state)
        serial = max(self.state.serial, state.serial - 1)
        self.state = replace(state, lineage=state.lineage or self.state.lineage, serial=serial)
        self._seal, self._fresh, self._owner = state.seal, False, state.owner
        self._extras = _extras(state)

    def saved(self, state: State) -> None:
        """Take the state of the next snapshot, which was saved."""
        self.state = self._snapshot = state
        self._base = (dict(self._clusters), dict(self._resources))


def _extras(state: State) -> dict[Address | str, Mapping[str, Any]]:
    """Return the keys that we do not know, of every address and cluster that has some."""
    return {
        **{one.address: one.extra for one in state.resources.values() if one.extra},
        **{one.name: one.extra for one in state.clusters.values() if one.extra},
    }


def _texts(state: State) -> tuple[dict[str, str], dict[str, str]]:
    clusters = {name: texts.cluster_text(cluster) for name, cluster in state.clusters.items()}
    resources = {
        texts.address_text(a): texts.resource_text(one, state.seal) for a, one in state.resources.items()
    }
    return clusters, resources
