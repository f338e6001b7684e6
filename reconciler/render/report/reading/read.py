"""A document that a command printed, as a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.render.report.reading.node import Node
from reconciler.render.report.reading.plans import plan_report
from reconciler.render.report.reading.streams import stream_report
from reconciler.render.report.reading.validations import validation_report
from reconciler.render.report.reading.verifications import verification_report
from reconciler.render.report.value import Report

Document = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def read(document: Document, *, source: str = "", is_drift: bool = False) -> Report:
    """Return the report of a document: of a plan, of drift, of a validation, of `plan --verify`, or the
    lines of an apply.

    `source` is the file that it comes from. `is_drift`: it is of `drift`, which a document without a plan
    does not say. Raises `ValueError`, saying what it is, for anything else.
    """
    if isinstance(document, Sequence):
        return stream_report(document, source)
    node = Node(document)
    if "resource_changes" in document:
        return plan_report(node, source, is_drift=is_drift)
    if "valid" in document and "diagnostics" in document:
        return validation_report(node, source)
    if "freshness" in document:
        return verification_report(node, source)
    raise ValueError("it is neither a plan nor what plan, drift, validate or apply print with --json")
