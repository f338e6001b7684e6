"""Every room has a charter, and few enough modules to be read in one look."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.support.tables import each

ROOT = Path(__file__).parents[2]
SOURCE = [ROOT / "reconciler", ROOT / "providers" / "reconciler_consul"]
MOST = 16
ROOMS = sorted({path.parent for top in SOURCE for path in top.rglob("*.py")})
TESTS = sorted({path.parent for path in (ROOT / "tests").rglob("*.py")})


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@each("room", ROOMS + TESTS, ids=_name)
def test_a_room_has_about_fifteen_modules_at_most(room: Path) -> None:
    modules = [path.name for path in room.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MOST, "move what belongs together into a room of its own"


@each("room", ROOMS, ids=_name)
def test_a_room_says_what_belongs_into_it(room: Path) -> None:
    charter = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
    assert charter
