"""Forms that providers define: one value against a pydantic model, every problem at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.config.language.building import without_plugins
from reconciler.config.language.check import error_path, explain, nearest
from reconciler.config.text.document import Place, Step
from reconciler.model.diagnostic import Diagnostic

_MAX = 50  # of one value; further ones would not be read


def value_problems(
    place: Place, value: Any, model: type[Any], known: Sequence[str] = ()
) -> Iterator[Diagnostic]:
    """Yield the problems of a value's form as a pydantic `model` has it.

    `known` are further keys that it may have, for hints.
    """
    from pydantic import ValidationError

    try:
        with without_plugins():
            model.model_validate(value)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_context=True)[:_MAX]:
            yield _problem(place, model, error_path(item["loc"]), item, known)


def _problem(
    root: Place, model: type[Any], path: tuple[Step, ...], error: Mapping[str, Any], known: Sequence[str]
) -> Diagnostic:
    kind = error["type"]
    if kind == "extra_forbidden":
        more = known if len(path) == 1 else ()
        hint = _hint(model, path, more)
        return root.key(*path).problem("unknown-key", f'unknown key "{path[-1]}"', hint)
    if kind == "missing":
        return root.inner(*path[:-1]).problem("missing-key", f'"{path[-1]}" is missing')
    cause = error.get("ctx", {}).get("error")  # what a model's own validator raised
    summary, hint = (str(cause), "") if cause is not None else explain(kind, error)
    return root.inner(*path).problem("wrong-type" if kind.endswith("_type") else "bad-value", summary, hint)


def _hint(model: type[Any], path: tuple[Step, ...], more: Sequence[str]) -> str:
    from reconciler.config.language.keys import keys_at

    known, key = [*keys_at(model, path[:-1]), *more], str(path[-1])
    near = nearest(key, known)
    if near is not None:
        return f'did you mean "{near}"?'
    return f"known keys: {', '.join(sorted(known))}" if known else ""
