"""The provider keeps to what reconciler asks of every provider."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from reconciler_json_files import JsonFiles

from reconciler.sdk.address import Address
from reconciler.sdk.conformance import ProviderConformance, Sample, Subject
from reconciler.sdk.provider import ClusterConfig, Settings

SAMPLES = [
    Sample(
        Address("note", "shelf", "milk"),
        {"text": "Buy milk", "keep": "90s"},
        changed={"text": "Buy oat milk", "tags": {"where": "shop"}},
        sensitive=("text", "tags.where"),
    ),
    Sample(
        Address("note_index", "shelf", "a/b.."),
        {"title": "All", "notes": ["milk"]},
        changed={"title": "Everything", "notes": ["milk"]},
    ),
]


class TestJsonFiles(ProviderConformance):
    """All checks of the kit, on a folder of their own."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        """Two samples on one folder."""
        shelf = ClusterConfig("shelf", "", options={"folder": str(tmp_path)})
        gone = {"folder": str(tmp_path / "gone")}
        return Subject(
            JsonFiles,
            {"shelf": shelf},
            SAMPLES,
            unreachable=lambda clusters: JsonFiles(
                {name: replace(one, options=gone) for name, one in clusters.items()}, Settings()
            ),
            storage=[tmp_path],
        )
