"""The forms of `notify` in `reconciler.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from reconciler.config.language.base import Strict

Text = Annotated[str, StringConstraints(min_length=1)]
Occasions = Annotated[list[Literal["applied", "failed", "blocked", "drift"]], Field(min_length=1)]


class HookForm(Strict):
    """Where notifications go: an address, or the variable that has it."""

    url: Text | None = None
    url_env: Text | None = None
    kind: Literal["webhook", "slack"] = "webhook"
    on: Occasions | None = None
    secret_env: Text | None = None
    allow_plaintext: bool = False
