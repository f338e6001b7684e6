"""Answers as Markdown, for a ticket or a review: the counts, a table of a few, and more of it folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.access import AccessResult
from reconciler.render.access.words import counts, deciding, details, source_words, target
from reconciler.render.text.lines import count
from reconciler.render.text.markdown import code, plain, table
from reconciler.sdk.access.answer import Answer, Decision

OPEN = 20  # rows of a decision that are shown unfolded
MOST = 500  # rows of a decision that are shown at all: forges cut long texts anywhere


def access_markdown(result: AccessResult) -> str:
    """Return the document; it ends with a newline."""
    lines = [f"### Access {plain(source_words(result))}", "", *_counts(result)]
    for decision in counts(result.answers):
        lines += _section(result, decision, [one for one in result.answers if one.decision is decision])
    lines += [f"- Not known of {code(name)}: {plain(why)}" for name, why in sorted(result.unknown.items())]
    return "\n".join(lines).rstrip("\n") + "\n"


def _counts(result: AccessResult) -> Iterator[str]:
    yield f"{count(len(result.answers), 'pair')}."
    yield ""
    if result.answers:
        found = counts(result.answers)
        yield from table([one.value for one in found], [[str(number) for number in found.values()]])
        yield ""


def _section(result: AccessResult, decision: Decision, answers: Sequence[Answer]) -> Iterator[str]:
    folded = len(answers) > OPEN
    head = f"{decision.value} ({len(answers)})"
    yield from (["<details>", f"<summary>{head}</summary>", ""] if folded else [f"**{head}**", ""])
    yield from table(["from", "to", "why"], [_row(result, answer) for answer in answers[:MOST]])
    if len(answers) > MOST:
        yield from ("", f"and {len(answers) - MOST} more; `--csv` has all of them")
    yield from (["", "</details>", ""] if folded else [""])


def _row(result: AccessResult, answer: Answer) -> Sequence[str]:
    reason = deciding(answer)
    at = result.at(reason) if reason is not None else None
    why = "; ".join(details(answer)) or (reason.text if reason is not None else "")
    place = f" ({code(at)})" if at else ""
    return code(str(answer.question.caller)), code(target(answer)), f"{plain(why)}{place}"
