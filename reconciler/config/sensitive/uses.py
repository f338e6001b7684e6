"""What the configuration calls sensitive: uses of sensitive variables in bodies, and the section `sensitive`.

A sensitive value may be wherever only its object holds it. What is part of a name, an address or a
reference is shown everywhere, so that a sensitive value there is a problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.fields.lookup import plain
from reconciler.config.fields.paths import PATHS, parse_path
from reconciler.config.text.document import Step
from reconciler.config.text.marked import Marked, unmarked
from reconciler.config.text.variables import Use
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.globs import matches
from reconciler.sdk.secrets.sensitive import Sensitive

# What objects and items are known by, and what refers to others.
_SHOWN = frozenset({"kind", "name", "namespace", "partition", "peer", "samenessgroup", "service"})
_INSTEAD = "use a variable that is not sensitive here"


def name_sensitive(spec: Spec, drafts: Drafts) -> None:
    """Note the paths of the section `sensitive` at the drafts they are for."""
    texts = {str(draft.address): draft for draft in drafts} if spec.sensitive else {}
    for item in spec.sensitive:
        glob, text = item.value
        path = parse_path(text)
        if path is None:
            drafts.problem(item.place.inner(1), "bad-path", f"not the path of a field: {text!a}", PATHS)
        elif any(isinstance(step, str) and plain(step) in _SHOWN for step in path[-1:]):
            summary = f"{text} cannot be sensitive: it identifies the object"
            drafts.problem(item.place.inner(1), "bad-path", summary, "name a field below or beside it")
        else:
            _name(item, glob, path, texts, drafts, sure=not spec.incomplete)


def _name(
    item: Item[Any],
    glob: str,
    path: tuple[Step, ...],
    texts: Mapping[str, Draft],
    drafts: Drafts,
    *,
    sure: bool,
) -> None:
    found = [draft for text, draft in texts.items() if matches(glob, text)]
    for draft in found:
        draft.sensitive.append(path)
    if not found and sure:
        hint = did_you_mean(glob, texts) or "addresses are as plan shows them: proxy_defaults.dc1/global"
        summary = f'no resource is called "{glob}"'
        drafts.problem(item.place.inner(0), "unknown-address", summary, hint)
    elif found and not any(_stands(draft.body, path) for draft in found):
        summary = f"none of these resources declares {item.value[1]}"
        hint = "the field will be sensitive where it is found on a cluster; check its spelling"
        drafts.problem(item.place.inner(1), "unknown-field", summary, hint, warning=True)


def _stands(value: Any, path: tuple[Step, ...]) -> bool:
    """Say whether a body has something at a path. Items of lists may be left out of it."""
    if not path:
        return True
    if isinstance(value, list):
        here = [value[path[0]]] if isinstance(path[0], int) and path[0] < len(value) else value
        rest = path[1:] if isinstance(path[0], int) or path[0] == "*" else path
        return any(_stands(item, rest) or _stands(item, path[1:]) for item in here)
    if not isinstance(value, Mapping):
        return False
    wanted = plain(str(path[0]))
    return any(_stands(value[key], path[1:]) for key in value if path[0] == "*" or plain(key) == wanted)


def take_in(drafts: Drafts, uses: Iterable[Use]) -> list[Diagnostic]:
    """Put sensitive leaves into all bodies in place of marked values. Gives a problem for each use of a
    sensitive variable that is not, or not only, in the body of an object."""
    places = {id(use.value): use for use in uses}
    if not places:
        return []
    walk = _Walk(places)
    for draft in drafts:
        draft.body = walk.taken(draft.body, "")
    lost = [use for number, use in places.items() if number not in walk.found]
    return [use.place.problem("sensitive-shown", _summary(use), _INSTEAD) for use in (*walk.shown, *lost)]


def _summary(use: Use) -> str:
    return (
        f'the sensitive variable "{use.variable}" cannot be used here: '
        "plans and logs show the text that it becomes part of"
    )


class _Walk:
    """Goes through bodies. `found` are the marked values met, `shown` those where everybody sees them."""

    def __init__(self, places: Mapping[int, Use]) -> None:
        self.places = places
        self.found: set[int] = set()
        self.shown: list[Use] = []

    def taken(self, value: Any, name: str) -> Any:
        if isinstance(value, Marked):
            return self._leaf(value, name)
        if isinstance(value, dict):
            return {key: self.taken(item, key) for key, item in value.items()}
        return [self.taken(item, name) for item in value] if isinstance(value, list) else value

    def _leaf(self, value: Marked, name: str) -> Any:
        use = self.places.get(id(value))
        if use is not None and id(value) not in self.found:
            self.found.add(id(value))
            if plain(name) in _SHOWN:
                self.shown.append(use)
        return Sensitive(unmarked(value))
