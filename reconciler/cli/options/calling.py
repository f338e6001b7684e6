"""How this program was called, so that a printed command does what was shown.

Only options that decide what a command works on are repeated. A value of a variable is repeated where it is
known not to be sensitive; elsewhere `...` takes its place.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.failure import Failure
from reconciler.render.text.lines import Line, Part, Span
from reconciler.sdk.dataclass import dataclass

if TYPE_CHECKING:
    from reconciler.model.plan import Plan

_COMMAND = re.compile(
    r"(?<![\w./-])reconciler "
    r"(?=(plan|apply|destroy|drift|rotate|show|output|validate|acl-policy|force-unlock|state \w+)\b)"
)
_RECORD = "list show rm mv pull push history restore verify"
_WITHOUT_CONFIGURATION = ("show", "force-unlock", *(f"state {name}" for name in _RECORD.split()))
UNSAID = "..."


@dataclass(frozen=True, slots=True)
class Calling:
    """The global options as given. `plain` holds the variables whose values may be shown."""

    directory: Path = Path()
    files: tuple[Path, ...] = ()
    variables: tuple[str, ...] = ()
    variable_files: tuple[Path, ...] = ()
    state: Path | None = None
    plain: Mapping[str, str] = field(default_factory=dict)

    def knowing(self, plan: Plan) -> Calling:
        """Return the same, with the variables whose values the plan holds."""
        plain = {item.name: item.value for item in plan.variables if item.value is not None}
        return replace(self, plain=plain)

    def complete(self, text: str) -> str:
        """Return the text with these options in every command of this program. Completing again changes
        nothing.
        """
        return _COMMAND.sub(lambda match: self._begin(match[1]), text)

    def plan(self, plan: Plan) -> Plan:
        """Return the plan with every command in its remarks completed."""
        if not self._begin("plan").removeprefix("reconciler "):
            return plan
        changes = [
            replace(change, notes=self._all(change.notes)) if change.notes else change
            for change in plan.changes
        ]
        return replace(plan, changes=tuple(changes), warnings=self._all(plan.warnings))

    def lines(self, lines: Iterable[Line]) -> list[Line]:
        """Return lines that are all advice, with every command in them completed."""
        return [[_part(part, self.complete) for part in line] for line in lines]

    def failure(self, failure: Failure) -> Failure:
        """Return the same failure, with every command in its hint completed."""
        failure.hint = self.complete(failure.hint)
        return failure

    def _all(self, texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.complete(text) for text in texts)

    def _begin(self, verb: str) -> str:
        words = ["reconciler"]
        if self.directory != Path():
            words += ["-C", str(self.directory)]
        if verb not in _WITHOUT_CONFIGURATION:
            for path in self.files:
                words += ["-f", str(path)]
            for path in self.variable_files:
                words += ["-var-file", str(path)]
            for given in self.variables:
                words += ["-var", self._shown(given)]
        if self.state is not None:
            words += ["--state", str(self.state)]
        return shlex.join(words) + " "

    def _shown(self, given: str) -> str:
        name = given.partition("=")[0].strip()
        known = self.plain.get(name)
        return f"{name}={UNSAID if known is None else given.partition('=')[2]}"


def _part(part: Part, complete: Callable[[str], str]) -> Part:
    return Span(complete(part.text), part.tone) if isinstance(part, Span) else complete(part)
