"""The sections of single entries have every field that Consul documents, under names that become its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from reconciler.config.fields.casing import consul_name
from reconciler.config.language.entries import Mesh, ProxyDefaults
from reconciler.config.language.service import ServiceDefaults
from tests.support.entries.fields import fields

MODELS: dict[str, type[BaseModel]] = {
    "mesh": Mesh,
    "proxy-defaults": ProxyDefaults,
    "service-defaults": ServiceDefaults,
}
# Nobody declares these: an agent sets the first, the others name what stands by itself.
BEYOND = {
    "Expose.Paths.ParsedFromCheck",
    "UpstreamConfig.Defaults.Name",
    "UpstreamConfig.Defaults.Peer",
}


def named(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """The paths of a model's fields in Consul's names."""
    for name, field in model.model_fields.items():
        here = f"{path}{consul_name(name)}"
        yield here
        for inner in models_in(field.annotation):
            yield from named(inner, f"{here}.")


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


@pytest.mark.parametrize("kind", MODELS)
def test_a_section_has_every_field_and_no_other(kind: str) -> None:
    assert set(named(MODELS[kind])) == fields()[kind].keys() - BEYOND
