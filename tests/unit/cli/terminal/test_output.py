"""A stream that is buffered, and a signal's handler that speaks while it is being written."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.cli.terminal.output import Output


class Signalled(io.FileIO):
    """A file during whose next write something else happens, as when a signal comes."""

    meanwhile: Callable[[], None] | None = None

    def write(self, data: object, /) -> int:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().write(data)  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> Signalled:
    return Signalled(tmp_path / "out", "w")


@pytest.fixture
def out(file: Signalled) -> Iterator[Output]:
    with io.TextIOWrapper(io.BufferedWriter(file), encoding="ascii") as stream:
        yield Output(stream, colour=False)


def test_what_is_said_while_the_stream_is_flushed_is_there_once(
    file: Signalled, out: Output, tmp_path: Path
) -> None:
    def say() -> None:
        out.text("stopping\n")
        out.flush()

    out.text("first\n")
    file.meanwhile = say
    out.flush()
    out.text("last\n")
    out.flush()

    assert sorted((tmp_path / "out").read_text().split()) == ["first", "last", "stopping"]


def test_long_text_is_past_the_buffer_at_once_and_there_once(
    file: Signalled, out: Output, tmp_path: Path
) -> None:
    long = "x" * 20_000 + "\n"

    def say() -> None:
        out.text(long)
        out.flush()

    out.text("first\n")
    file.meanwhile = say
    out.flush()

    assert sorted(map(len, (tmp_path / "out").read_text().split())) == [5, 20_000]


def test_what_the_encoding_lacks_is_escaped_past_the_buffer_too(
    file: Signalled, out: Output, tmp_path: Path
) -> None:
    def say() -> None:
        out.text("tür\n")
        out.flush()

    out.text("first\n")
    file.meanwhile = say
    out.flush()

    assert "t\\xfcr\n" in (tmp_path / "out").read_text()
