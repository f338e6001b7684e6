"""What a plan does to access, and the policies that it breaks."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.render.report.reading.node import Node
from reconciler.render.report.reading.places import place_of
from reconciler.render.report.value import Access, Pair, PathLine, Policy


def access_of(item: Node) -> Access | None:
    """Return what a plan does to access; `None` where no action matters to it."""
    if item.body is None:
        return None
    pairs = tuple(
        Pair(one["from"].text, one["to"].text, {key: one[key].number for key in _COUNTED})
        for one in item["between"]
    )
    return Access(
        opened=tuple(_path(one, "; ".join(one["conditions"].texts)) for one in item["opened"]),
        closed=tuple(_path(one, one["because"].text) for one in item["closed"]),
        changed=tuple(_path(one, _change(one)) for one in item["changed"]),
        counts={key: sum(one[key].number for one in item["between"]) for key in _COUNTED},
        pairs=pairs,
        unknown={name: node.text for name, node in item["unknown"].named.items()},
        risk=item["risk"].text,
    )


_COUNTED = ("opens", "closes", "changes")


def _path(item: Node, words: str) -> PathLine:
    return PathLine(item["from"].text, item["to"].text, words, item["breaks"].flag)


def _change(item: Node) -> str:
    before = "; ".join(item["was"].texts) or item["before"].text
    after = "; ".join(item["conditions"].texts) or item["after"].text
    return f"{before} -> {after}" if before != after else item["because"].text


def policies_of(document: Node) -> Iterator[Policy]:
    """Yield the paths that break a policy, or of which that is not decided."""
    for item in document["policies"]:
        yield Policy(
            item["policy"].text,
            item["path"].text,
            item["because"].text,
            item["reason"].text,
            item["result"].text == "broken",
            item["blocks"].flag,
            item["objects"].texts,
            place_of(item["at"].text),
        )
