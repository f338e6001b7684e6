"""`python -m tests.conformance.report`: how many recorded lines the emulator answers as the servers did."""

from __future__ import annotations

from collections import Counter

from .replay import Replayer, group_versions, load


def main() -> int:
    """Print the numbers and every difference; return 1 if there is one."""
    matched: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    differences = []
    groups = load()
    for lines in groups.values():
        for version in group_versions(lines):
            for result in Replayer(lines, version).run():
                compared[version] += 1
                matched[version] += not result.problem
                if result.problem:
                    differences.append(result)
    for difference in differences:
        print(f"{difference.id} on {difference.version}: {difference.problem}")
    lines_read = sum(len(lines) for lines in groups.values())
    print(f"{lines_read} lines in {len(groups)} groups, {compared.total()} comparisons, ", end="")
    print(f"{matched.total()} matched, {len(differences)} different")
    for version in sorted(compared):
        print(f"  {version}: {matched[version]} of {compared[version]}")
    return 1 if differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
