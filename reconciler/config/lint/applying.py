"""Apply what the user says of rules: problems are dropped or get another severity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cache
from typing import TYPE_CHECKING

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.lint.ignores import Ignore, Key
from reconciler.config.text.document import Place, SourceDoc
from reconciler.model.diagnostic import Diagnostic, IgnoredProblem, Position, Severity
from reconciler.sdk.dataclass import dataclass

if TYPE_CHECKING:
    from reconciler.config.rules.catalogue.record import Rule

OFF = "off"


@dataclass(frozen=True, slots=True)
class Lint:
    """What the user says of rules: the ignore comments, and `lint.rules` of `reconciler.yaml`.

    `used` collects the keys of comments that ignored something, `dropped` what they ignored. `plugins`:
    whether a plugin may have rules that the catalogue does not know.
    """

    ignores: Mapping[Key, Ignore] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)
    plugins: bool = False
    used: set[Key] = field(default_factory=set)
    dropped: dict[tuple[str, Position | None, str], IgnoredProblem] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.ignores or self.levels)

    def applied(self, problems: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Yield the problems as they count: without those that are ignored or turned off."""
        for problem in problems:
            level = self.level(problem.code, problem.is_error, problem.position)
            if level != OFF:
                yield replace(problem, severity=Severity(level))
            elif (comment := self._comment(problem.code, problem.position)) is not None:
                key = (problem.code, problem.position, problem.summary)
                self.dropped[key] = IgnoredProblem(problem, comment.reason)

    def level(self, rule: str, error: bool, at: Position | None) -> str:
        """Return what a problem counts as: `off`, `warning` or `error`.

        An error beside which no plan can be made stays an error.
        """
        if error and not _is_optional(rule):
            return Severity.ERROR.value
        if self._ignored(rule, at):
            return OFF
        return self.levels.get(rule, Severity.ERROR.value if error else Severity.WARNING.value)

    def _ignored(self, rule: str, at: Position | None) -> bool:
        comment = self._comment(rule, at)
        if comment is None:
            return False
        self.used.add(comment.key)
        return True

    def _comment(self, rule: str, at: Position | None) -> Ignore | None:
        return self.ignores.get((rule, at.file, at.line)) if at is not None else None


def ignore_problems(
    lint: Lint, problems: Sequence[Diagnostic], *, online: bool = False
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the comments, once all problems are known.

    `online`: whether those on the clusters are among them; else a comment about a rule that needs clusters
    may still be used.
    """
    errors = {(item.code, item.position.file, item.position.line) for item in problems if item.position}
    codes = {item.code for item in problems}
    broken = any(item.is_error for item in problems)  # then not every rule is checked
    for key, one in lint.ignores.items():
        if key in lint.used:
            continue
        rule = _rule(one.rule)
        if key in errors:
            yield _problem(one, "cannot-ignore", _required(one.rule), "mend what it reports")
        elif rule is None and one.rule not in codes and not lint.plugins:
            yield _problem(one, "unknown-rule", f'there is no rule "{one.rule}"', _nearest(one.rule))
        elif not broken and (online or rule is None or not rule.needs_clusters):
            summary = f"{one.rule} is not found on line {one.line}: this ignores nothing"
            yield _problem(one, "unused-ignore", summary, "remove the comment")


def setting_problems(lint: Lint, doc: SourceDoc | None) -> Iterator[Diagnostic]:
    """Yield what is wrong with `lint.rules` of the operator's file."""
    if doc is None:
        return
    for name, level in lint.levels.items():
        rule = _rule(name)
        place = Place(doc, doc.marks).key("lint", "rules", name)
        if rule is None and not lint.plugins:
            summary, hint = f'there is no rule "{name}"', _nearest(name)
            yield place.problem("unknown-rule", summary, hint, warning=True)
        elif rule is not None and rule.severity == "error" and not rule.optional and level != "error":
            hint = "remove the line, and mend what it reports"
            yield place.problem("cannot-ignore", _required(name), hint, warning=True)


def _problem(one: Ignore, code: str, summary: str, hint: str) -> Diagnostic:
    return one.place.problem(code, summary, hint, warning=True)


def _required(rule: str) -> str:
    return f"{rule} is an error beside which no plan can be made: it cannot be turned off"


def _nearest(rule: str) -> str:
    from reconciler.config.rules.catalogue.record import ids

    return did_you_mean(rule, ids())


def _is_optional(name: str) -> bool:
    rule = _rule(name)
    return rule is not None and rule.optional


@cache
def _rule(name: str) -> Rule | None:
    from reconciler.config.rules.catalogue.record import find

    return find(name)
