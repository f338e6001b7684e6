"""A snapshot that was taken: what is in the file, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.access import SnapshotTaken
from reconciler.render.text.lines import Line, Span, Tone, count, seconds
from reconciler.render.text.unknown import by_reason


def snapshot_lines(taken: SnapshotTaken) -> list[Line]:
    """Return `Read 2 clusters in 0.1 s (44 requests): dc1 1.20.0 · dc2 1.20.0`, and what was written."""
    clusters = taken.world["clusters"]
    answered = {name: one for name, one in clusters.items() if name not in taken.unread}
    names = " · ".join(f"{name} {one.get('version') or ''}".strip() for name, one in answered.items())
    took = f"in {seconds(taken.elapsed).replace('s', ' s')} ({count(taken.requests, 'request')})"
    read = f"Read {count(len(answered), 'cluster')} {took}: {names}" if answered else "Read no cluster."
    services = sum(len(one.get("services") or ()) for one in clusters.values())
    entries = sum(len(one.get("config_entries") or ()) for one in clusters.values())
    found = [
        count(services, "service"),
        f"{entries} config entr{'y' if entries == 1 else 'ies'}",
        count(len(taken.world["peerings"]), "peering"),
    ]
    return [[read], [f"Wrote {taken.file}: {', '.join(found)}."]]


def unknown_lines(taken: SnapshotTaken) -> list[Line]:
    """Return what could not be read, and why."""
    return list(_unknown(taken))


def _unknown(taken: SnapshotTaken) -> Iterator[Line]:
    for name, cluster in taken.world["clusters"].items():
        unknown = cluster.get("unknown", {})
        for parts, why in by_reason(unknown, every=True):
            what = name if parts == "cluster" else f"{parts} of {name}"
            yield [Span("Not known: ", Tone.WARN), f"{what}: {why}"]
        if not {"cluster", "agent"} & {*unknown} and cluster.get("default_intention") is None:
            yield [Span("Not known: ", Tone.WARN), f"default intention of {name}"]
