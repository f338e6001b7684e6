"""One rule as its text file has it, and the files themselves.

A file is TOML, `texts/<id>.toml`, with the keys of `Rule`. It is read when its rule is asked for.
"""

from __future__ import annotations

import os
from typing import Any

from reconciler.sdk.dataclass import dataclass

GROUPS = {
    "text": "Text and form",
    "names": "Clusters, peerings and names",
    "moved": "Moved and removed",
    "exports": "Exports",
    "intentions": "Intentions",
    "policies": "Policies",
    "traffic": "Traffic and gateways",
    "entries": "Raw entries, editions and versions",
    "credentials": "Credentials",
    "lint": "Ignored rules",
    "plan": "What runs on the clusters",
}
_TEXTS = f"{os.path.dirname(__file__)}/texts"
_SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `what`, `why` and `fix` are Markdown.

    severity   `error`, `warning`, or `error or warning` where that depends on what is found
    found      `validate`: by the configuration alone; `plan`: by what the clusters say, in a plan and in
               `validate --online`; `online`: by the latter only; `both`: by validate and by plan; `policies`:
               where the policies of the configuration are checked
    group      a key of `GROUPS`
    seen       where the fact about Consul was observed, if it was
    optional   whether an error of this rule can be turned off or made a warning: a plan is possible beside it
    """

    id: str
    title: str
    severity: str
    found: str
    group: str
    what: str
    why: str
    fix: str
    seen: str = ""
    optional: bool = False

    @property
    def needs_clusters(self) -> bool:
        """Whether what the clusters say can be a reason for it."""
        return self.found != "validate"


def find(rule_id: str) -> Rule | None:
    """Return the rule of an id, or `None` where there is none."""
    from tomllib import loads

    if not rule_id.replace("-", "").isalnum():
        return None  # not the name of one of our files
    try:
        with open(f"{_TEXTS}/{rule_id}{_SUFFIX}", encoding="utf-8") as file:
            value: dict[str, Any] = loads(file.read())
    except FileNotFoundError:
        return None
    return Rule(rule_id, **_stripped(value))


def _stripped(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item.strip() if isinstance(item, str) else item for key, item in value.items()}


def ids() -> list[str]:
    """Return the ids of all rules, in order."""
    return sorted(name.removesuffix(_SUFFIX) for name in os.listdir(_TEXTS) if name.endswith(_SUFFIX))


def rules() -> list[Rule]:
    """Return all rules, by group and id."""
    groups = list(GROUPS)
    found = [rule for rule in map(find, ids()) if rule is not None]
    return sorted(found, key=lambda rule: (groups.index(rule.group), rule.id))
