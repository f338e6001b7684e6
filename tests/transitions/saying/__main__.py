"""Many pairs: `python -m tests.transitions.saying --pairs 300 --seed 1 --versions 1.20,1.16,1.22`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter

from tests.transitions.saying.lab import with_default
from tests.transitions.saying.many import many


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.transitions.saying", description=__doc__)
    parser.add_argument(
        "--pairs", type=int, default=100, help="pairs in all, spread over versions and defaults"
    )
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--versions", default="1.20,1.16,1.22", help="of the sandbox, comma-separated")
    given = parser.parse_args()
    kinds = [(version, default) for version in given.versions.split(",") for default in ("allow", "deny")]
    counts: Counter[str] = Counter()
    for version, default in kinds:
        seeds = range(given.seed, given.seed + -(-given.pairs // len(kinds)))
        found, some = asyncio.run(many(with_default(version, default), seeds))
        counts += some
        print(*found, sep="\n", end="\n" if found else "")
        print(f"{version} {default}: {dict(some)}", flush=True)
    print(dict(counts))
    sys.exit(bool(counts["wrong"]))


if __name__ == "__main__":
    main()
