"""The section `safety` of `reconciler.yaml`: what is wrong with it beyond its form, and what it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.text.document import Place, SourceDoc
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.guarding.limits import MIN_OBJECTS, Limit, Measure, Most
from reconciler.model.guarding.safety import SafetySettings

_SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%\Z")
_HINT = "a number of objects, or a share: max_delete: 3, max_delete: 30%"


def read(value: Mapping[str, Any]) -> SafetySettings:
    """Return what a section without problems asks for."""
    limits = tuple(_limit(entry) for entry in value.get("limits") or ())
    return SafetySettings(limits, tuple(value.get("confirm") or ()))


def _limit(entry: Mapping[str, Any]) -> Limit:
    least = entry.get("min_objects")
    return Limit(
        tuple(entry.get("clusters") or ()),
        tuple(entry.get("types") or ()),
        _most(entry.get("max_delete")),
        _most(entry.get("max_change")),
        MIN_OBJECTS if least is None else least,
    )


def _most(value: object) -> Most | None:
    """Return a limit; `None` where there is none. Raises `ValueError` for what is neither a number nor a
    share.
    """
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Most(number=value)
    found = _SHARE.match(value) if isinstance(value, str) else None
    if found is None or float(found[1]) > 100:
        raise ValueError(value)
    return Most(percent=float(found[1]))


def problems(doc: SourceDoc) -> Iterator[Diagnostic]:
    """Yield what is wrong with values of `safety` whose form is right, each at its place."""
    section = doc.value.get("safety") or {}
    place = Place(doc, doc.marks).inner("safety", "limits")
    for number, entry in enumerate(section.get("limits") or ()):
        keys = [measure.value for measure in Measure if entry.get(measure.value) is not None]
        if not keys:
            summary = "a limit without max_delete and max_change limits nothing"
            yield place.inner(number).problem("bad-value", summary, _HINT)
        for key in keys:
            try:
                _most(entry[key])
            except ValueError:
                yield place.inner(number, key).problem("bad-value", f"{key} is not a limit", _HINT)
