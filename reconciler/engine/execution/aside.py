"""Aside: steps that a server refused because of what else it holds. Pure.

Such a refusal is "not yet" as long as anything else moves there: each success in a cluster may be what made
room, so everything aside in that cluster is tried again after it. Nothing is tried without such a reason.
"""

from __future__ import annotations

from collections import Counter

from reconciler.engine.execution.walk import Node
from reconciler.sdk.errors import DoesNotFit


class Aside:
    """What waits for others to move, by cluster, each with the server's last word."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[Node, DoesNotFit]] = {}
        self._moves: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return any(self._waiting.values())

    def moves(self, cluster: str) -> int:
        """Return how often something succeeded there."""
        return self._moves[cluster]

    def put(self, node: Node, error: DoesNotFit, since: int) -> bool:
        """Put a refused step aside; `False` where something moved in its cluster while it was tried.

        `since` is how often something had succeeded there when the try began.
        """
        cluster = node.address.cluster
        if self._moves[cluster] != since:
            return False
        self._waiting.setdefault(cluster, {})[node] = error
        return True

    def moved(self, cluster: str) -> list[Node]:
        """Note that something succeeded there; return what is to be tried again, and no longer is aside."""
        self._moves[cluster] += 1
        return list(self._waiting.pop(cluster, ()))

    def given_up(self) -> dict[Node, DoesNotFit]:
        """Return everything that is aside, for good: nothing moves any more."""
        out = {node: error for found in self._waiting.values() for node, error in found.items()}
        self._waiting.clear()
        return out


def refused_for_good(error: DoesNotFit, cluster: str) -> DoesNotFit:
    """Return the refusal of a step that no other change made room for, with what to do about it."""
    hint = (
        f"no other change of this run made room for it: see what on {cluster} refers to it, or is referred "
        "to by it, and is not in this configuration or was left out of this run"
    )
    hint = f"{error.hint}\n{hint}" if error.hint else hint
    return DoesNotFit(error.message, cluster=error.cluster or cluster, hint=hint, status=error.status)
