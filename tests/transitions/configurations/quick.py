"""What many pairs need not do again: read a text that was read, and learn every token to mask it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from reconciler.config.load import Loaded, load
from reconciler.config.rules.resources import Plugins

KEPT = 16


class Texts:
    """Loads configurations, each text once; only for folders with one file."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, bool], Loaded] = {}

    def load(
        self,
        root: Path,
        paths: Sequence[Path] = (),
        variables: Mapping[str, str] | None = None,
        ambient: Mapping[str, str] | None = None,
        plugins: Plugins | None = None,
        *,
        keep_places: bool = False,
    ) -> Loaded:
        """The same as `reconciler.config.load.load`."""
        key = (root / "main.yaml").read_text(), keep_places
        if key not in self.kept:
            if len(self.kept) >= KEPT:
                self.kept.clear()
            self.kept[key] = load(root, paths, variables, ambient, plugins, keep_places=keep_places)
        return self.kept[key]


@contextmanager
def quick() -> Iterator[None]:
    """Runs in here do not read a text twice, and mask no tokens."""
    with (
        patch("reconciler.app.workspace.configuring.load", Texts().load),
        patch("reconciler.sdk.secrets.scrub.Scrubber.remember"),
    ):
        yield
