"""docs/findings.md, made from the doctor's catalogue. `python -m tests.docs.findings.page` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reconciler_consul.doctor.catalogue import COMPLAINTS

PAGE = Path(__file__).parents[3] / "docs" / "findings.md"
HEAD = """# Findings of the doctor

Every kind of finding of `reconciler doctor`, in the order of the way of a request; how to use it is in
[guides/doctor.md](guides/doctor.md). An *error*: requests that should get an answer get none, or the other
way round. A *warning*: they will once something else happens, or a reader is misled.
`make findings` writes this page.

| rule | severity | what | cause | what to do |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"{line}\n" for line in rows())


def rows() -> Iterator[str]:
    """Yield the row of each kind of finding."""
    for one in COMPLAINTS.values():
        cells = (f"`{one.rule}`", one.severity.value, one.what, _words(one.cause), _words(one.fix))
        yield f"| {' | '.join(cells)} |"


def _words(text: str) -> str:
    """Return a text with the names that a finding puts there in capitals."""
    out = []
    for part in text.split("{"):
        name, brace, rest = part.partition("}")
        out.append(f"{name.partition(':')[0].upper()}{rest}" if brace else part)
    return "".join(out).replace("|", "\\|").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(page())
