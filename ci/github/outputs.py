"""Write the outputs of the action: how a command ended, and the files that it wrote.

usage: outputs.py COMMAND EXIT_CODE FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FILES = {
    "plan": "plan.reconciler",
    "json": "result.json",
    "markdown": "report.md",
    "html": "report.html",
    "junit": "junit.xml",
    "sarif": "report.sarif",
}


def outputs(code: int, folder: Path) -> dict[str, str]:
    """Return the outputs by name. What a run that ended early does not say is empty."""
    found = {name: str(folder / file) for name, file in FILES.items() if (folder / file).is_file()}
    if (folder / "result.jsonl").is_file():
        found["json"] = str(folder / "result.jsonl")
    value = _read(Path(found["json"])) if "json" in found else {}
    verdict = value.get("verdict") or {}
    return {
        "exit-code": str(code),
        "verdict": str(verdict.get("word") or ""),
        "text": " ".join(str(verdict.get("text") or "").split()),
        "changes": str(_changes(value, code)).lower(),
        "fingerprint": str(value.get("fingerprint") or ""),
        "risk": str((value.get("access") or {}).get("risk") or "none"),
        **found,
    }


def _read(path: Path) -> dict[str, Any]:
    """Return a document; of events, one on each line, what all of them say together."""
    if path.suffix == ".json":
        return dict(json.loads(path.read_text(encoding="utf-8")))
    together: dict[str, Any] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        together |= json.loads(line)
    return together


def _changes(value: dict[str, Any], code: int) -> bool:
    """Say whether anything would change, has changed or has drifted."""
    summary = value.get("summary") or value.get("changes") or {}
    counted = ("add", "change", "destroy", "remove", "adopt", "forget", "move", "drifted")
    return code == 2 or any(summary.get(name) for name in counted)


if __name__ == "__main__":
    for name, text in outputs(int(sys.argv[2]), Path(sys.argv[3])).items():
        sys.stdout.write(f"{name}={text}\n")
