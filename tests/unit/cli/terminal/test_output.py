"""A stream that is buffered, and a signal's handler that speaks while it is being written."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.run import json_text
from reconciler.cli.terminal.output import Output
from reconciler.render.text.lines import Span, Tone
from reconciler.sdk.secrets.secret import Secret
from tests.support.command.workflow import HOSTILE, commands


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


def in_log() -> Output:
    return Output(io.StringIO(), False, is_log=True)


def written(out: Output) -> str:
    assert isinstance(out.stream, io.StringIO)
    return out.stream.getvalue()


@given(st.lists(st.sampled_from([*HOSTILE, ":", "#", "[", " ", "\n", "\r", "\t", "x"]), max_size=8))
def test_in_the_log_of_a_job_no_text_is_a_command(parts: list[str]) -> None:
    for write in (
        lambda out, text: out.text(text),
        lambda out, text: out.lines([[text], [Span(text, Tone.BAD), text]]),
        lambda out, text: out.json(json_text({text: [text]})),
    ):
        out = in_log()
        write(out, "".join(parts))
        assert commands(written(out)) == []


def test_what_would_be_a_command_is_still_legible() -> None:
    out = in_log()
    out.text("::error::x\n at ::1, a::b and ##[group]\n")
    assert written(out) == "\\x3a:error::x\n at ::1, a::b and \\x23#[group]\n"


@given(st.text('#[\\"x'))
def test_json_in_the_log_means_the_same(text: str) -> None:
    out = in_log()
    out.json(json_text({"a": text}))
    assert json.loads(written(out)) == {"a": text}


def test_elsewhere_text_is_as_it_is() -> None:
    out = Output(io.StringIO(), False, is_log=False)
    out.text("::error::x\n##[x]\n")
    assert written(out) == "::error::x\n##[x]\n"


def test_no_secret_passes_whatever_wrote_it() -> None:
    secret = Secret("5b1f7a52-17d1-4222-8333-0b1d2f3a5eed")
    stream = io.StringIO()
    output = Output(stream, colour=False)
    output.text(f"one {secret.reveal()}\n")
    output.lines([["two ", Span(secret.reveal(), Tone.WARN)]])
    assert stream.getvalue() == "one (sensitive value)\ntwo (sensitive value)\n"
