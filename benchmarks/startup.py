"""What small runs cost: `python -m benchmarks.startup [--sizes 1000,10000] [--runs 7] [--against FOLDER]`.

Help, `validate` of two clusters, and empty plans. FOLDER is another checkout of this repository, compiled
with `python -m compileall`: the two run in turn. Before them, what the libraries alone cost: a bare
interpreter, one that imports what `validate` needs and builds one model, and one with the HTTP client too.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.__main__ import FLOOR, fresh, show
from benchmarks.against import HERE, compared, run
from benchmarks.clusters import sandbox
from benchmarks.configurations import write_configuration
from benchmarks.measure import middle, once

MODEL = """import os
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
import typer, yaml
from pydantic import BaseModel
class Model(BaseModel):
    name: str
Model(name="x")
"""
# Without httpx's own command line, which imports rich and pygments: the command does without, too.
HTTP = """import asyncio, sys
sys.modules["httpx._main"] = None
import httpx
httpx.AsyncHTTPTransport(verify=False)
"""
FLOORS = {
    "bare interpreter": "pass",
    "typer, yaml, pydantic": MODEL,
    "the same, asyncio and httpx": MODEL + HTTP,
}

SMALL = """clusters:
  dc1: {address: "http://127.0.0.1:9"}
  dc2: {address: "http://127.0.0.1:10"}
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000", help="numbers of intentions, comma-separated")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--against", type=Path, help="another checkout, the yardstick")
    given = parser.parse_args()
    against = given.against.resolve() if given.against else None
    print(f"{'figure':<32}{'wall s':>9}{'cpu s':>9}{'MB':>8}   median of {given.runs}")
    with fresh() as folder:
        for what, text in FLOORS.items():
            show(what, middle([once([sys.executable, "-c", text], folder) for _ in range(given.runs)]))
        (folder / "mesh.yaml").write_text(SMALL)
        for words in (["version"], ["validate", "--help"], ["validate"]):
            compared(" ".join(words), words, folder, given.runs, against)
    for size in map(int, filter(None, given.sizes.split(","))):
        with fresh() as folder, sandbox(folder) as addresses:
            write_configuration(folder, size, addresses["dc1"])
            run(against or HERE, ["apply", "--auto-approve"], folder)
            show(f"floor {size}", middle([once(FLOOR, folder) for _ in range(given.runs)]))
            compared(f"plan {size}", ["plan"], folder, given.runs, against)


if __name__ == "__main__":
    main()
