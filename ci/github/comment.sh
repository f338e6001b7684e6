#!/usr/bin/env bash
# Put the report under the pull request. A host that does not answer is a warning: the result of the command counts.
#   NAME, REPORT   the comment's name, and the file with its text
set -euo pipefail

reconciler comment --name "$NAME" "$REPORT" ||
  echo "::warning title=reconciler::the comment could not be written; the report is in the summary of the job"
