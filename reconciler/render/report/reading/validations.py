"""A validation, and the problems of any document."""

from __future__ import annotations

from reconciler.model.verdict.value import Word
from reconciler.render.report.reading.changes import member
from reconciler.render.report.reading.node import Node
from reconciler.render.report.reading.places import place_in
from reconciler.render.report.value import Kind, Level, Problem, Report, Said
from reconciler.render.text.lines import count


def validation_report(document: Node, source: str) -> Report:
    """Return the report of what `validate --json` printed."""
    errors, warnings = document["error_count"].number, document["warning_count"].number
    counted = f"{count(errors, 'error')}, {count(warnings, 'warning')}"
    word = Word.VALID if document["valid"].flag else Word.INVALID
    return Report(
        Kind.VALIDATION,
        said(document, Said(int(word is Word.INVALID), word, counted)),
        source=source,
        version=document["reconciler_version"].text,
        counts={"errors": errors, "warnings": warnings},
        problems=problems(document),
    )


def said(document: Node, otherwise: Said) -> Said:
    """Return the verdict of a document; one that has none was written before there was one."""
    item = document["verdict"]
    if not item["word"].text:
        return otherwise
    return Said(item["exit_code"].number, member(Word, item["word"].text, Word.ERROR), item["text"].text)


def problems(document: Node) -> tuple[Problem, ...]:
    """Return the problems that a document lists."""
    return tuple(map(problem, document["diagnostics"]))


def problem(item: Node) -> Problem:
    """Return one problem."""
    related = ((place_in(one["range"]), one["summary"].text) for one in item["related"])
    return Problem(
        item["code"].text or "error",
        member(Level, item["severity"].text, Level.ERROR),
        item["summary"].text,
        item["detail"].text,
        item["hint"].text,
        item["address"].text,
        place_in(item["range"]),
        tuple((place, text) for place, text in related if place is not None),
    )
