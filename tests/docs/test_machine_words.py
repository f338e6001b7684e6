"""The words that machines decide by are all on the page that explains them."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.model.block import BlockKind
from reconciler.model.event import SkipReason

PAGE = (Path(__file__).parents[2] / "docs/guides/ci.md").read_text(encoding="utf-8")


def _words(title: str) -> list[str]:
    table = PAGE.partition(f"| {title} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def test_every_kind_of_block_is_explained() -> None:
    assert _words("kind") == [kind.value for kind in BlockKind]


def test_every_reason_to_skip_is_explained() -> None:
    assert _words("skip_reason") == [reason.value for reason in SkipReason]
