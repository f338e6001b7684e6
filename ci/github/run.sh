#!/usr/bin/env bash
# Run one command, write its reports, and say in the step's outputs how it ended. Exits 0 if it could be run at all:
# the report is published before the job fails (end.sh).
#   COMMAND    plan, drift, validate or apply
#   DIRECTORY  the folder with the configuration
#   ARGUMENTS  further arguments, one on each line
#   FAIL_ON    what counts for the exit code (drift, validate)
#   OUTPUT     the folder for the files; where it is given, a plan is saved there, too
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

case $COMMAND in
  plan | drift | validate | apply) ;;
  *) echo "::error title=reconciler::the input command is plan, drift, validate or apply, not '$COMMAND'"; exit 1 ;;
esac
folder=${OUTPUT:-$(mktemp -d "$RUNNER_TEMP/reconciler.XXXXXX")}
mkdir -p "$folder"

words=(-C "$DIRECTORY" "$COMMAND" --format github)
names=(markdown:report.md html:report.html junit:junit.xml)
case $COMMAND in
  apply) names+=(jsonl:result.jsonl) ;;
  *) names+=(json:result.json sarif:report.sarif) ;;
esac
case $COMMAND in
  plan) words+=(--detailed-exitcode ${OUTPUT:+--out "$folder/plan.reconciler"}) ;;
  apply) words+=(--auto-approve) ;;
esac
for name in "${names[@]}"; do
  words+=(--format "${name%%:*}" --output "$folder/${name#*:}")
done
[ -z "$FAIL_ON" ] || words+=(--fail-on "$FAIL_ON")
while IFS= read -r line; do
  [ -z "$line" ] || words+=("$line")
done <<<"$ARGUMENTS"

code=0
reconciler "${words[@]}" || code=$?
python3 "$here/outputs.py" "$COMMAND" "$code" "$folder" >>"$GITHUB_OUTPUT"
