#!/usr/bin/env bash
# For cron or any CI system: say what was changed by hand since the last night, once. Exits 2 for something new.
#   nightly.sh DIRECTORY REPORTS   REPORTS is kept from night to night
set -euo pipefail
directory=$1 reports=$2
mkdir -p "$reports"
drift() { reconciler -C "$directory" drift "$@"; }

# All that differs, for the next night. It is read first: what changes meanwhile is shown tonight and tomorrow.
all=0
drift --json >"$reports/all.new.json" || all=$?
[ "$all" -eq 0 ] || [ "$all" -eq 2 ] || { cat "$reports/all.new.json"; exit "$all"; } # it could not be told

known=()
[ ! -s "$reports/all.json" ] || known=(--baseline "$reports/all.json")
code=0
drift ${known[@]+"${known[@]}"} --format markdown --output "$reports/drift.md" || code=$?
mv "$reports/all.new.json" "$reports/all.json"
exit "$code"
