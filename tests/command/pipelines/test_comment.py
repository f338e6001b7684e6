"""`reconciler comment`: one comment for each name, updated in place; comments of others are never touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command.hosts import ME, OTHER, TOKEN, CodeHost, FakeGitHub, FakeGitLab, serving
from tests.support.command.lab import CommandLab, Ended
from tests.support.command.servers import Sink, answering, server

HOSTS = {"github": FakeGitHub, "gitlab": FakeGitLab}
MARK = "<!-- reconciler comment: plan -->"


class Job:
    """A job for pull request 7."""

    def __init__(self, host: CodeHost, sink: Sink, folder: Path) -> None:
        self.host, self.sink = host, sink
        self.lab = CommandLab(folder)
        self.lab.environ = host.environ()  # type: ignore[attr-defined]

    def comment(self, text: str, *argv: str) -> Ended:
        self.lab.write(text, "plan.md")
        ended = self.lab.run("comment", "plan.md", *argv)
        assert TOKEN not in ended.text
        return ended


@pytest.fixture(params=HOSTS)
def job(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Job]:
    host = HOSTS[request.param]()
    with serving(host) as sink:
        yield Job(host, sink, tmp_path)


def test_the_first_run_creates_it_and_later_ones_update_it(job: Job) -> None:
    job.comment("### 1 to add\n").expect(0, "Created the comment: ")
    job.comment("### 2 to add\n").expect(0, "Updated the comment: ")

    assert job.host.bodies() == [f"{MARK}\n### 2 to add\n"]


def test_what_it_says_already_is_not_written(job: Job) -> None:
    job.comment("### 1 to add")
    job.host.comments[0].body = job.host.comments[0].body.replace("\n", "\r\n")  # as forms send it

    job.comment("### 1 to add").expect(0, "The comment says the same already: ")
    assert job.host.comments[0].edits == 0


def test_each_name_has_its_own_comment(job: Job) -> None:
    job.comment("plan")
    job.comment("drift", "--name", "drift")
    job.comment("other drift", "--name", "drift")

    assert [body.splitlines()[1] for body in job.host.bodies()] == ["plan", "other drift"]


def test_the_comment_of_another_account_is_not_touched_also_with_our_mark(job: Job) -> None:
    job.host.say(OTHER, f"{MARK}\nlooks good")

    job.comment("### 1 to add").expect(0, "Created")

    assert job.host.bodies(OTHER) == [f"{MARK}\nlooks good"]
    assert len(job.host.bodies()) == 1


def test_a_comment_of_our_account_that_only_quotes_the_mark_is_not_touched(job: Job) -> None:
    quoted = job.host.say("github-actions[bot]", f"> {MARK}\n\nthat is how it begins\n{MARK}")

    job.comment("### 1 to add").expect(0, "Created")

    assert quoted.edits == 0


def test_a_note_that_gitlab_writes_in_our_name_is_not_touched(tmp_path: Path) -> None:
    host = FakeGitLab()
    with serving(host) as sink:
        note = host.say(ME, f"{MARK}\nchanged the description")
        note.system = True
        Job(host, sink, tmp_path).comment("### 1 to add").expect(0, "Created")
    assert note.edits == 0


def test_it_is_found_on_a_later_page(job: Job) -> None:
    job.host.page = 2
    for number in range(5):
        job.host.say(OTHER, f"remark {number}")
    job.comment("old")
    job.host.say(OTHER, "last")

    job.comment("new").expect(0, "Updated")

    assert job.host.bodies() == [f"{MARK}\nnew\n"]


def test_a_token_that_may_not_comment_is_named_and_the_run_goes_on(job: Job) -> None:
    """So it is in runs for forks."""
    job.host.may_write = False

    ended = job.comment("### 1 to add").expect(0, "Warning: no comment: ", "answered")
    assert ended.out == ""
    job.comment("### 1 to add", "--required").expect(1, "Warning: no comment: ")


def test_a_wrong_token_and_none(job: Job) -> None:
    for name in ("GITHUB_TOKEN", "GITLAB_TOKEN"):
        if name in job.lab.environ:
            job.lab.environ[name] = "expired"
            job.comment("x").expect(0, "no comment", "401")
            del job.lab.environ[name]
            job.comment("x").expect(0, f"{name} is not set")
    assert job.host.comments == []


def test_a_run_without_a_pull_request_sends_nothing(job: Job) -> None:
    job.lab.environ.update(GITHUB_REF="refs/heads/main", CI_MERGE_REQUEST_IID="")

    job.comment("x").expect(0, "this run belongs to no")

    assert job.sink.seen == []


def test_a_number_says_which(job: Job) -> None:
    job.lab.environ.update(GITHUB_REF="refs/heads/main", CI_MERGE_REQUEST_IID="")

    job.comment("x", "--number", "7").expect(0, "Created")
    job.comment("x", "--number", "8").expect(0, "no comment")


def test_a_busy_host_is_asked_again(job: Job) -> None:
    job.host.busy = 2
    job.comment("x").expect(0, "Created")
    job.host.busy = 10
    job.comment("y").expect(1, "503")


def test_a_text_that_is_too_long_says_how_to_make_it_shorter(job: Job) -> None:
    job.comment("x" * 1_000_000).expect(1, "--max-size")
    assert job.host.comments == []


@pytest.mark.parametrize("name", ["a b", "-->", "a--b", "", "x" * 101])
def test_a_name_that_breaks_the_mark_is_refused(job: Job, name: str) -> None:
    job.comment("x", "--name", name).expect(1, "is no name for a comment")


def test_a_file_that_is_missing_or_empty(job: Job) -> None:
    job.comment(" \n").expect(1, "plan.md is empty")
    job.lab.run("comment", "nothing.md").expect(1, "cannot read nothing.md")


def test_a_redirect_is_not_followed_with_the_token(job: Job) -> None:
    with server(answering(200, b"{}")) as elsewhere:
        move = answering(302, b"", Location=elsewhere.url)
        with server(move) as moved:
            for name in ("GITHUB_GRAPHQL_URL", "CI_API_V4_URL"):
                job.lab.environ[name] = moved.url
            job.comment("x").expect(1, "302")
        assert elsewhere.seen == []


def test_a_token_is_not_sent_in_clear_text(job: Job) -> None:
    for name in ("GITHUB_GRAPHQL_URL", "CI_API_V4_URL"):
        job.lab.environ[name] = "http://code.example.com/api"
    job.comment("x").expect(4, "in clear text")


@pytest.mark.parametrize("body", [b"[]", b'{"data": {}}', b"null", b"<html>", b'[{"id": 1}]'])
def test_an_answer_of_another_form_is_an_error_in_words(job: Job, body: bytes) -> None:
    with server(answering(200, body)) as odd:
        for name in ("GITHUB_GRAPHQL_URL", "CI_API_V4_URL"):
            job.lab.environ[name] = odd.url
        job.comment("x").expect(1, "cannot comment")


def test_elsewhere_the_host_is_asked_for(tmp_path: Path) -> None:
    lab = CommandLab(tmp_path)
    lab.environ.update(dict.fromkeys(("GITHUB_ACTIONS", "GITLAB_CI"), ""))
    lab.write("x", "plan.md")
    lab.run("comment", "plan.md").expect(1, "--host github or --host gitlab")
    lab.run("comment", "plan.md", "--host", "github", "--number", "7").expect(1, "GITHUB_REPOSITORY")


def test_a_comment_on_a_pull_request_says_which_it_is(tmp_path: Path) -> None:
    """Runs for `issue_comment` have the branch as GITHUB_REF; the event has the number."""
    host = FakeGitHub()
    with serving(host) as sink:
        job = Job(host, sink, tmp_path)
        event = job.lab.write('{"issue": {"number": 7, "pull_request": {"url": "x"}}}', "event.json")
        job.lab.environ.update(GITHUB_REF="refs/heads/main", GITHUB_EVENT_PATH=str(event))
        job.comment("x").expect(0, "Created")
        event.write_text('{"issue": {"number": 7}}')
        job.comment("x").expect(0, "belongs to no pull request")
