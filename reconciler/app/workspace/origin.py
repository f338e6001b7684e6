"""Where a run comes from: what git and the CI system say."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.app.options import Options
from reconciler.app.workspace.revision import revision_of
from reconciler.model.auditing.origin import Actor, Origin

# The system, the variables that hold the name of who started the job, and those that its page is made of.
_SYSTEMS = (
    ("github", "GITHUB_ACTIONS", ("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"), ""),
    ("gitlab", "GITLAB_CI", ("GITLAB_USER_LOGIN",), "CI_JOB_URL"),
    ("jenkins", "JENKINS_URL", ("BUILD_USER_ID", "BUILD_USER"), "BUILD_URL"),
    ("azure-pipelines", "TF_BUILD", ("BUILD_REQUESTEDFOR",), ""),
    ("buildkite", "BUILDKITE", ("BUILDKITE_BUILD_CREATOR",), "BUILDKITE_BUILD_URL"),
    ("circleci", "CIRCLECI", ("CIRCLE_USERNAME",), "CIRCLE_BUILD_URL"),
    ("ci", "CI", (), ""),
)
_LONGEST = 300  # characters


def origin_of(options: Options) -> Origin:
    """Return where a run with these options comes from."""
    return Origin(revision_of(options.root, options.paths, options.environ), actor_of(options.environ))


def actor_of(environ: Mapping[str, str]) -> Actor | None:
    """Return who the CI system says that started the job; `None` outside of CI."""
    for system, sign, names, page in _SYSTEMS:
        if environ.get(sign) and environ[sign] != "false":
            name = next((environ[one] for one in names if environ.get(one)), "")
            job = _github_job(environ) if system == "github" else environ.get(page, "")
            return Actor(name[:_LONGEST], system, job[:_LONGEST])
    return None


def _github_job(environ: Mapping[str, str]) -> str:
    parts = [environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else ""
