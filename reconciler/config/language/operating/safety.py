"""The forms of `safety` in `reconciler.yaml`. What a limit may be is checked where it is read."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from reconciler.config.language.base import Strict

Text = Annotated[str, StringConstraints(min_length=1)]
Globs = Annotated[list[Text], Field(min_length=1)]


class LimitForm(Strict):
    """How much of one type on one cluster a run may destroy or change: a number, or a share like `30%`."""

    clusters: Globs | None = None
    types: Globs | None = None
    max_delete: Any = None
    max_change: Any = None
    min_objects: Annotated[int, Field(ge=0)] | None = None


class SafetyForm(Strict):
    """What one run may do, and what has to be confirmed by its address."""

    limits: list[LimitForm] | None = None
    confirm: list[Text] | None = None
