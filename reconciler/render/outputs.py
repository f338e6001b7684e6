"""What each cluster imports, and the names to dial: as a page and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.render.text.lines import BLANK, Line, Part, Span, Tone, count, faint, seconds, strong
from reconciler.sdk.imports import Gateway, Import, Importer, ImportState, LocalName

FORMAT_VERSION = "1.0"

_EXPLICIT = (
    "A sidecar with an explicit upstream to one of these does not serve its virtual names: "
    "that caller dials the local port."
)


def outputs_lines(clusters: Mapping[str, Importer], *, live: bool) -> list[Line]:
    """Return the clusters one below the other."""
    out: list[Line] = []
    for importer in clusters.values():
        out += [BLANK] if out else []
        out += _cluster(importer, live)
    return out or [["No cluster is declared or recorded."]]


def read_line(clusters: Iterable[Importer], requests: int, elapsed: float) -> Line:
    """Return `Read 2 clusters in 0.1 s (21 requests): dc1 1.20.0 · dc2 1.20.0`."""
    answered = {one.cluster: one.info.version for one in clusters if one.info is not None}
    if not answered:
        return ["Read no cluster."]
    names = " · ".join(f"{name} {version}" for name, version in answered.items())
    took = f"in {seconds(elapsed).replace('s', ' s')} ({count(requests, 'request')})"
    return [f"Read {count(len(answered), 'cluster')} {took}: {names}"]


def footnotes(clusters: Mapping[str, Importer]) -> list[Line]:
    """Return what a reader must know about the names, where there are any."""
    named = any(one.has_virtual_address for importer in clusters.values() for one in importer.imports)
    return [BLANK, [faint(_EXPLICIT)]] if named else []


def _cluster(importer: Importer, live: bool) -> Iterator[Line]:
    if importer.problem:
        yield [strong(importer.cluster), "  ", Span("Not known: ", Tone.WARN), importer.problem]
        for text in importer.hint.splitlines():
            yield ["  ", faint(f"hint: {text}")]
    else:
        there = sum(one.state is not ImportState.NOT_IMPORTED for one in importer.imports)
        what = count(there, "service") if there else "nothing"
        yield [strong(f"{importer.cluster} {'imports' if live else 'is to import'} {what}")]
    yield from (["  note: ", note] for note in importer.notes)
    for one in importer.imports:
        yield BLANK
        yield _head(one)
        yield from _body(one, importer.cluster)


def _head(one: Import) -> Line:
    named = f"{one.namespace}/{one.service}" if one.namespace else one.service
    alias = f', here called "{one.peer}"' if one.peer != one.origin else ""
    shown = named if named != "*" else "every service"
    out: list[Part] = ["  ", strong(shown), f"   from {one.origin}{alias}"]
    if one.state is ImportState.NOT_IMPORTED:
        return [*out, "   ", Span("NOT IMPORTED", Tone.WARN), f"  {one.why}"]
    out += [f"   {one.protocol}"] if one.protocol else []
    tone = Tone.WARN if one.state is ImportState.IMPORTED else Tone.FAINT
    return [*out, "   ", Span(one.why, tone)] if one.why else out


def _body(one: Import, cluster: str) -> Iterator[Line]:
    if one.state is not ImportState.NOT_IMPORTED:
        yield from _names(one)
    in_mesh = one.state is not ImportState.NOT_IMPORTED and one.has_virtual_address is not False
    if one.upstream and in_mesh:
        said = ", ".join(f'{key} = "{value}"' for key, value in one.upstream.items())
        yield [_label("upstream"), said]
    if one.local_names:
        yield [_label("leads there"), ", ".join(map(_local, one.local_names))]
    if in_mesh:
        yield from _gateway(one.gateway, cluster)


def _names(one: Import) -> Iterator[Line]:
    """Yield the names that lead there, the shortest first."""
    names = [name for name in one.names if name.virtual is False or one.has_virtual_address is not False]
    wide = max((len(name.name) for name in names), default=0)
    for number, name in enumerate(names):
        answers = one.virtual_address if name.virtual and one.virtual_address else name.answers
        yield [_label("dial" if number == 0 else ""), f"{name.name:<{wide}}   ", faint(answers)]


def _label(text: str) -> str:
    return f"      {text:<13}"


def _local(name: LocalName) -> str:
    return f"{name.name} ({', '.join(part for part in (name.way, name.detail) if part)})"


def _gateway(gateway: Gateway, cluster: str) -> list[Line]:
    """Return the gateway's line, where one of the caller's cluster is on the way: most configurations have
    none there.
    """
    who = ", ".join(gateway.callers)
    if gateway.needed:
        but = f", but not {who}" if who else ""
        said = f"callers leave through a mesh gateway of {cluster} ({gateway.why}){but}"
    elif who:
        said = f"{who} leave{'' if len(gateway.callers) > 1 else 's'} through a mesh gateway of {cluster}"
    else:
        return []
    return [[_label("gateway"), said]]


def outputs_value(clusters: Mapping[str, Importer], version: str, *, live: bool) -> dict[str, Any]:
    """Return the same as JSON. What is not known is null; within a format version keys are only
    ever added.
    """
    return {
        "format_version": FORMAT_VERSION,
        "reconciler_version": version,
        "live": live,
        "clusters": {name: _cluster_value(one) for name, one in clusters.items()},
    }


def _cluster_value(importer: Importer) -> dict[str, Any]:
    return {
        "version": importer.info.version if importer.info else None,
        "dns_domain": importer.domain,
        "problem": importer.problem,
        "hint": importer.hint,
        "notes": list(importer.notes),
        "imports": [_import_value(one) for one in importer.imports],
    }


def _import_value(one: Import) -> dict[str, Any]:
    return {
        "service": one.service,
        "namespace": one.namespace,
        "from": one.origin,
        "peer": one.peer,
        "status": one.state.value,
        "why": one.why,
        "declared": one.declared,
        "protocol": one.protocol,
        "has_virtual_address": one.has_virtual_address,
        "virtual_address": one.virtual_address,
        "names": [{"kind": name.kind, "name": name.name, "answers": name.answers} for name in one.names],
        "upstream": dict(one.upstream),
        "local_names": [{"name": it.name, "way": it.way, "detail": it.detail} for it in one.local_names],
        "local_gateway": {
            "needed": one.gateway.needed,
            "why": one.gateway.why,
            "except_for": list(one.gateway.callers),
        },
    }
