"""One answer with all of its reasons: the steps, their places at the margin, what would allow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.access import AccessResult
from reconciler.render.access.table import unknown_lines
from reconciler.render.access.words import MARKS, TONES, elsewhere, share_words, source_words, target
from reconciler.render.text.flow_yaml import flow_yaml
from reconciler.render.text.lines import BLANK, Line, Span, Tone, faint, strong, width
from reconciler.sdk.access.answer import Answer, Reason, Verdict

_MARGIN = 96  # the column up to which places are aligned; a longer line has its place behind it
_NOT_REACHED = f"{MARKS[Verdict.NOT_REACHED]:<3} not reached:"
_TONES = {
    Verdict.OK: Tone.ADD,
    Verdict.STOP: Tone.REMOVE,
    Verdict.UNKNOWN: Tone.CHANGE,
    Verdict.NOT_REACHED: Tone.FAINT,
}


def explained_lines(result: AccessResult, answer: Answer) -> list[Line]:
    """Return the explanation of one answer."""
    return [
        _head(answer),
        [faint(f"  {source_words(result)}")],
        *([[f"  {elsewhere(answer)}"]] if elsewhere(answer) else []),
        BLANK,
        *reason_lines(result, answer.because),
        *_shares(result, answer),
        *_listed("It depends on:", answer.conditions),
        *_gateways(answer.gateways),
        *_allowing(result),
        *(lines if (lines := unknown_lines(result.unknown)) == [] else [BLANK, *lines]),
    ]


def _head(answer: Answer) -> Line:
    decision = Span(answer.decision.value.upper(), TONES[answer.decision])
    at = answer.answered_by or answer.denied_at
    by = "" if at is None or at == answer.question.to else f" by {at}"
    request = answer.question.request
    asked = " ".join(part for part in (request.method, request.path) if part)
    asked = f"   ({asked})" if asked else ""
    return [strong(f"{answer.question.caller} -> {target(answer)}"), "    ", decision, by, faint(asked)]


def reason_lines(result: AccessResult, because: Sequence[Reason], indent: str = "  ") -> list[Line]:
    """Return a line for each step, the places in one column; one line for all that is only not reached."""
    shown = [reason for reason in because if not _is_bare(reason)]
    rest = [reason.step for reason in because if _is_bare(reason)]
    rows = [(_step(reason, indent, _wide(shown)), result.at(reason)) for reason in shown]
    margin = max((w for line, at in rows if at and (w := width(line)) <= _MARGIN), default=0)
    lines: list[Line] = [[*line, *_place(width(line), margin, at)] for line, at in rows]
    return [*lines, [indent, faint(f"{_NOT_REACHED} {', '.join(rest)}")]] if rest else lines


def _is_bare(reason: Reason) -> bool:
    return reason.verdict is Verdict.NOT_REACHED and reason.text in ("", "not reached")


def _wide(because: Iterable[Reason]) -> int:
    return max((len(reason.step) for reason in because), default=0)


def _step(reason: Reason, indent: str, wide: int) -> Line:
    mark = Span(f"{MARKS[reason.verdict]:<3}", _TONES[reason.verdict])
    reached = " (not reached)" if reason.verdict is Verdict.NOT_REACHED else ""
    text = f" {reason.step:<{wide}}  {reason.text}{reached}"
    return [indent, mark, faint(text) if reason.verdict is Verdict.NOT_REACHED else text]


def _place(used: int, margin: int, at: str | None) -> Line:
    return [" " * max(margin - used, 0) + "   ", faint(at)] if at else []


def _shares(result: AccessResult, answer: Answer) -> Iterator[Line]:
    for share in answer.shares:
        yield BLANK
        yield ["  ", Span(share_words(share), TONES[share.decision])]
        yield from reason_lines(result, share.because, "    ")


def _listed(head: str, texts: Sequence[str]) -> Iterator[Line]:
    if texts:
        yield BLANK
        yield [head]
        yield from ([f"  {text}"] for text in texts)


def _gateways(gateways: Sequence[str]) -> Iterator[Line]:
    if gateways:
        yield BLANK
        yield [f"Mesh gateways on the way: {', '.join(gateways)}"]


def _allowing(result: AccessResult) -> Iterator[Line]:
    """Yield what would allow the request, where that is known."""
    if result.allowing is None:
        return
    yield BLANK
    for number, section in enumerate(result.allowing.sections):
        yield [strong("To allow it:  ") if not number else "              ", flow_yaml(section)]
    for origin in result.allowing.replaced:
        yield [f"              in place of {result.place_of(origin)}"]
