"""Checks of sensitive values: a provider sends them to their cluster, and neither shows nor keeps them."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import io
import logging
import unittest
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.sdk.conformance import objects
from reconciler.sdk.conformance.files import Files, written_files
from reconciler.sdk.conformance.subject import Sample, Subject
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.provider import Body, Present, Provider

VALUE = "conformance-7be04a-sensitive"
"""What the kit puts in the place of each value that a sample calls sensitive."""


class SensitiveChecks:
    """For samples that name fields which can be sensitive (`Sample.sensitive`)."""

    def test_no_sensitive_value_is_shown(self, subject: Subject) -> None:
        """A sensitive value is in no progress, status, remark, error or log, and in its own field only."""
        shown: list[tuple[str, str]] = []

        async def check() -> None:
            with _logged(shown):
                async with _written(subject) as exercise:
                    shown.extend([*exercise.shown, ("repr(provider)", repr(exercise.provider))])

        asyncio.run(check())
        leaks = sorted({where for where, text in shown if VALUE in text})
        assert not leaks, f"a sensitive value is shown in {', '.join(leaks)}"

    def test_no_sensitive_value_is_kept(self, subject: Subject) -> None:
        """What the provider writes to files of its own has no sensitive value in clear."""

        async def check() -> None:
            with written_files() as files:
                async with _written(subject):
                    _search(subject, files)
                _search(subject, files)

        asyncio.run(check())


@dataclass
class _Exercise:
    """A provider that was made to do everything, and what it said meanwhile: where, and the text."""

    provider: Provider
    shown: list[tuple[str, str]] = field(default_factory=list)

    def report(self, text: str) -> None:
        self.shown.append(("progress", text))


@asynccontextmanager
async def _written(subject: Subject) -> AsyncIterator[_Exercise]:
    """Create, read and change samples with a sensitive value in them; delete them in the end."""
    samples = [_with_value(sample) for sample in subject.samples]
    if not any(sample.sensitive for sample in samples):
        raise unittest.SkipTest("no sample says which of its fields can be `sensitive`")
    async with objects.opened(subject) as provider:
        exercise = _Exercise(provider)
        try:
            for sample in samples:
                exercise.shown.append(
                    ("Applied", repr(await objects.create(provider, sample, exercise.report)))
                )
            for sample in (sample for sample in samples if sample.sensitive):
                await _changed(exercise, sample)
            yield exercise
        finally:
            for sample in reversed(samples):
                await objects.remove(provider, sample)


async def _changed(exercise: _Exercise, sample: Sample) -> None:
    """Read it, create it where it is, and write it twice on the same reading."""
    provider, report = exercise.provider, exercise.report
    seen = await objects.present(provider, sample)
    exercise.shown += _said(sample, seen)
    await _refused(exercise, objects.create(provider, sample, report))
    for _ in range(2):
        await _refused(
            exercise, objects.update(provider, sample, sample.changed or sample.body, seen, report)
        )
    exercise.shown += _said(sample, await objects.present(provider, sample))


async def _refused(exercise: _Exercise, work: Any) -> None:
    try:
        exercise.shown.append(("Applied", repr(await work)))
    except ProviderError as error:
        exercise.shown.append(("an error", f"{error!r} {error} {error.hint}"))


def _said(sample: Sample, seen: Present) -> Iterator[tuple[str, str]]:
    """Yield what a reading says besides the value at its own place."""
    yield "Present (status, why, hint, remarks or remote_ids)", repr(replace(seen, body={}))
    rest: Any = copy.deepcopy(dict(seen.body))
    for path in sample.sensitive:
        _put(rest, path.split("."), None)
    yield "another field of the body", repr(rest)


def _with_value(sample: Sample) -> Sample:
    body, changed = ({**copy.deepcopy(dict(one))} for one in (sample.body, sample.changed or {}))
    for path in sample.sensitive:
        _put(body, path.split("."), VALUE)
        _put(changed, path.split("."), f"{VALUE}-2")
    return replace(sample, body=body, changed=changed if sample.changed is not None else None)


def _put(body: dict[str, Any], path: Sequence[str], value: str | None) -> None:
    """Put the value at a path, making what is missing on the way; `None` takes away what is there."""
    *way, last = path
    for name in way:
        inner: Body = body.get(name) or {}
        body[name] = body = dict(inner) if isinstance(inner, Mapping) else {}
    if value is None:
        body.pop(last, None)
    else:
        body[last] = value


@contextmanager
def _logged(shown: list[tuple[str, str]]) -> Iterator[None]:
    """Collect what is logged and printed meanwhile."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        shown.append(("the log or the output", text.getvalue()))


def _search(subject: Subject, files: Files) -> None:
    found = files.with_text(VALUE, outside=subject.storage)
    assert not found, (
        f"a sensitive value is written to {', '.join(map(str, found))}; if that is where a cluster keeps its "
        "objects, name it in Subject(storage=…)"
    )
