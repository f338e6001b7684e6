"""Validators are built without a search for plugins, and without the module that would do it."""

from __future__ import annotations

import os
import sys

import pytest

from reconciler.config.language.building import without_plugins

METADATA = "importlib.metadata"


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, METADATA, sys.modules.get(METADATA, sys))
    del sys.modules[METADATA]


def test_a_search_is_switched_off_and_the_environment_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "mine")
    with without_plugins():
        assert os.environ["PYDANTIC_DISABLE_PLUGINS"] == "__all__"
    assert os.environ["PYDANTIC_DISABLE_PLUGINS"] == "mine"


@pytest.mark.usefixtures("unloaded")
def test_what_pydantic_imports_for_it_is_not_loaded() -> None:
    with without_plugins():
        from importlib.metadata import entry_points
    assert METADATA not in sys.modules
    assert [*entry_points(group="reconciler.providers")]  # called after all, it does its work
    assert METADATA in sys.modules


@pytest.mark.usefixtures("unloaded")
def test_anything_else_of_that_module_is_loaded() -> None:
    with without_plugins():
        from importlib.metadata import version
    assert version("pydantic")
    assert METADATA in sys.modules


@pytest.mark.usefixtures("unloaded")
def test_a_module_that_is_loaded_stays() -> None:
    import importlib.metadata

    before = importlib.metadata
    with without_plugins():
        assert sys.modules[METADATA] is before
    assert sys.modules[METADATA] is before
