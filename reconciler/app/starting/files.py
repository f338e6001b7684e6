"""The files of a new repository besides its YAML: from templates. Pure, but for reading those."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from reconciler import __version__
from reconciler.app.starting.configuration import main_yaml, operator_yaml
from reconciler.app.starting.wishes import CodeHost, Probed, Wishes

_EXTRAS = {"postgres": "[postgres]", "s3": "[objects]", "gcs": "[objects]", "azure": "[objects]"}
_CI = {CodeHost.GITHUB: ".github/workflows/reconciler.yml", CodeHost.GITLAB: ".gitlab-ci.yml"}
_OPEN = re.compile(r"@@([A-Z_]+)@@")


def repository(wishes: Wishes, probed: Probed) -> dict[str, str]:
    """Return path -> text of all files, in the order in which to read them."""
    out = {
        "main.yaml": main_yaml(wishes, probed),
        "reconciler.yaml": operator_yaml(wishes),
        ".gitignore": _filled("gitignore", wishes),
        "README.md": _filled("README.md", wishes),
    }
    if wishes.host in _CI:
        out[_CI[wishes.host]] = _filled(f"{wishes.host.value}.yml", wishes)
    return out


def variable(cluster: str) -> str:
    """Return the end of the variables of a cluster: `DC1` of `RECONCILER_TOKEN_DC1`."""
    return cluster.upper().replace("-", "_")


def _filled(name: str, wishes: Wishes) -> str:
    """Return the text of a template with everything filled in."""
    text = (files("reconciler.app.starting") / "templates" / name).read_text(encoding="utf-8")
    values = _values(wishes)
    return _OPEN.sub(lambda found: values[found[1]], text)


def _values(wishes: Wishes) -> dict[str, str]:
    names = list(wishes.clusters)
    tokens = [f"RECONCILER_TOKEN_{variable(name)}" for name in names]
    return {
        "NAME": wishes.name,
        "REQUIREMENT": f"consul-reconciler{_EXTRAS.get(wishes.backend['backend'], '')}=={__version__}",
        "GITHUB_TOKENS": "\n".join(f"      {token}: ${{{{ secrets.{token} }}}}" for token in tokens),
        "TOKENS": "\n".join(f"- `{token}`" for token in tokens),
        "CLUSTERS": "\n".join(f"- {name}: {wishes.clusters[name]}" for name in names),
        "STATE": "the directory `state` of this machine" if wishes.is_local else _place(wishes),
        "CI": _CI.get(wishes.host, ""),
        "PIPELINE": _pipeline(wishes),
    }


def _place(wishes: Wishes) -> str:
    return f"`{json.dumps(dict(wishes.backend))}`"


def _pipeline(wishes: Wishes) -> str:
    if wishes.host not in _CI:
        return "No CI files were asked for; `reconciler init --ci github` or `--ci gitlab` writes them."
    lines = (
        f"`{_CI[wishes.host]}` plans each change and puts the plan under it as one comment, applies the main",
        "branch, and looks for drift every night. It needs these variables, as secrets:",
        "",
        *(f"- `RECONCILER_TOKEN_{variable(name)}`" for name in wishes.clusters),
    )
    shared = "The state must be on a server for that: each job starts with an empty folder."
    return "\n".join((*lines, *(("", shared) if wishes.is_local else ())))
