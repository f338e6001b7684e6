"""docs/kinds.md, made from the records of the kinds. `python -m tests.docs.kinds_page` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reconciler.sdk.consul.entry_kinds import EntryFacts, entry_kinds
from reconciler_consul.kinds.all import ENTRY_KINDS
from reconciler_consul.kinds.record import EntryKind

PAGE = Path(__file__).parents[2] / "docs" / "kinds.md"
HEAD = """# Kinds of config entries

Every kind that reconciler knows, with the address of an entry in plans, in the state and for `--target`.
*Section* is where the language declares it. *Scope* is what keeps an entry in Consul Enterprise. *Read* and
*write* are what the rules of a token have to allow; `NAME` is the name of the entry. Writing an entry of a
discovery chain also takes `read` on the services that it refers to; see [guides/acl.md](guides/acl.md).
Fields that came later than their kind are in [guides/versions.md](guides/versions.md).

`make kinds` writes this page.

| kind | address | section | since | scope | read | write |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"{line}\n" for line in rows())


def rows() -> Iterator[str]:
    """Yield the row of each kind, by name."""
    for kind, facts in sorted(entry_kinds().items()):
        record = ENTRY_KINDS.get(kind)
        if record is None:
            continue
        since = facts.since.replace(" ", ", ") or "every version"
        cells = (
            kind,
            f"`{_address(facts)}`",
            facts.section,
            f"{since} (Enterprise)" if facts.edition == "enterprise" else since,
            facts.scope,
            *_permissions(record),
        )
        yield f"| {' | '.join(cells)} |"


def _address(facts: EntryFacts) -> str:
    name = facts.name or "NAME"
    return f"{facts.type}.CLUSTER/{name if facts.has_own_type else f'{facts.kind}/{name}'}"


def _permissions(record: EntryKind) -> tuple[str, str]:
    if not record.write:
        return "not known", "not known"
    return _rule(record.read), _rule(record.write)


def _rule(resource: str) -> str:
    if not resource:
        return "nothing"
    return f"`{resource}`" if resource == "mesh" else f'`{resource} "NAME"`'


if __name__ == "__main__":
    PAGE.write_text(page())
