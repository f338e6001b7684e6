"""What is not known: clusters with the same reason on one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

NAMED = 6  # clusters of one reason that are named


def by_reason(unknown: Mapping[str, str], *, every: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the clusters of each reason, `dc1, dc2 and 3 more` (or all by name), with the reason."""
    clusters: dict[str, list[str]] = {}
    for cluster, why in sorted(unknown.items()):
        clusters.setdefault(why, []).append(cluster)
    for why, names in clusters.items():
        named = names if every else names[:NAMED]
        more = len(names) - len(named)
        yield ", ".join(named) + (f" and {more} more" if more > 0 else ""), why
