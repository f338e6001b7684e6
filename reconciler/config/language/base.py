"""What the forms of several sections share: no unknown keys, names, and selections of clusters."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

Name = Annotated[str, StringConstraints(min_length=1)]
ConfigurationName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Pair = Annotated[list[Name], Field(min_length=2, max_length=2)]
Count = Annotated[int, Field(ge=0)]
Meta = dict[str, str]


class Strict(BaseModel):
    """No unknown keys; a value has the declared type or is wrong."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


def shape(value: Any) -> str:
    """Return the form of a value that may be written in several ways."""
    return "<map>" if isinstance(value, dict) else "<list>" if isinstance(value, list) else "<text>"


Labels = dict[
    str,
    Annotated[
        Annotated[str, Tag("<text>")] | Annotated[list[str], Tag("<list>")],
        Discriminator(lambda value: "<list>" if isinstance(value, list) else "<text>"),
    ],
]
Listed = list[
    Annotated[
        Annotated[Name, Tag("<text>")] | Annotated[Labels, Tag("<map>")],
        Discriminator(lambda value: "<map>" if isinstance(value, dict) else "<text>"),
    ]
]
Selector = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[Listed, Tag("<list>")] | Annotated[Labels, Tag("<map>")],
    Discriminator(shape),
]
