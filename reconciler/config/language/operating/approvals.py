"""The form of `approvals` in `reconciler.yaml`. Keys are checked where they are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from reconciler.config.language.base import Strict

Text = Annotated[str, StringConstraints(min_length=1)]


class SignerForm(Strict):
    """Somebody who may approve, and the public SSH key."""

    name: Text
    key: Text


class ApprovalsForm(Strict):
    """How many approvals a plan needs, and whose: listed, or in a file of allowed signers."""

    required: Annotated[int, Field(ge=0, le=100)] | None = None
    signers: Annotated[list[SignerForm], Field(min_length=1)] | None = None
    signers_file: Text | None = None
