"""Values of options, converted only where one is given.

typer converts each value, `None` included, by a validator of pydantic's that it builds for the parameter. A
command line gives two or three of some thirty options, and help needs no pydantic at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any


def converting_given(parameters: Sequence[Any]) -> list[Any]:
    """Return a command's parameters, none of which builds a validator where it has no value."""
    for parameter in parameters:
        if not isinstance(parameter.process_value, partial):
            parameter.process_value = partial(_processed, parameter, parameter.process_value)
    return list(parameters)


def _processed(parameter: Any, process: Any, ctx: Any, value: Any) -> Any:
    """Return what `process`, which is the parameter's own, makes of a value."""
    if parameter.required or not _is_converted(parameter, value):
        return process(ctx, value)
    if value is None and (parameter.multiple or parameter.nargs == -1):
        value = ()
    return value if parameter.callback is None else parameter.callback(ctx, parameter, value)


def _is_converted(parameter: Any, value: Any) -> bool:
    """Say whether a value is what its function takes: nothing, or how often an option was given."""
    return value is None or bool(getattr(parameter, "count", False))
