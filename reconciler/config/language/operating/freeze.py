"""The form of an entry of `freeze` in `reconciler.yaml`. Times are checked where they are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from reconciler.config.language.base import Strict

Text = Annotated[str, StringConstraints(min_length=1)]


class FreezeForm(Strict):
    """A time in which nothing is applied: `from` and `until`, or a `cron` and `for` how long."""

    from_: Text | None = Field(default=None, alias="from")
    until: Text | None = None
    cron: Text | None = None
    for_: Text | None = Field(default=None, alias="for")
    time_zone: Text | None = None
    reason: Text
