"""`python -m tests.conformance.report`: how many recorded requests are answered as the servers did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .answers import load_answers, run_answers, versions
from .replay import Replayer, Result, group_versions, load


def transcripts() -> Iterator[Result]:
    """Replay every transcript on every version it names."""
    for lines in load().values():
        for version in group_versions(lines):
            yield from Replayer(lines, version).run()


def answers() -> Iterator[Result]:
    """Replay every recorded answer on every version it names."""
    for lines in load_answers().values():
        for version in versions(lines):
            yield from run_answers(lines, version)


def report(title: str, results: Iterator[Result], lines: int) -> int:
    """Print the numbers and every difference; return how many there are."""
    compared: Counter[str] = Counter()
    different: Counter[str] = Counter()
    for result in results:
        compared[result.version] += 1
        if result.problem:
            different[result.version] += 1
            print(f"{result.id} on {result.version}: {result.problem[:400]}")
    total, wrong = compared.total(), different.total()
    print(f"{title}: {lines} lines, {total} comparisons, {total - wrong} matched, {wrong} different")
    for version in sorted(compared):
        print(f"  {version}: {compared[version] - different[version]} of {compared[version]}")
    return wrong


def main() -> int:
    """Report on both recordings; return 1 if the transcripts differ anywhere."""
    wrong = report("transcripts", transcripts(), sum(map(len, load().values())))
    report("answers", answers(), sum(map(len, load_answers().values())))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
