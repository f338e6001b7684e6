#!/usr/bin/env bash
# For any CI system: plan a change for review. Exits 0 for a plan that may be applied, also for one with changes.
#   review.sh DIRECTORY REPORTS   REPORTS is a folder that the CI system keeps
set -euo pipefail
directory=$1 reports=$2
mkdir -p "$reports"

code=0
reconciler -C "$directory" plan --detailed-exitcode --out "$reports/plan.reconciler" \
  --format markdown --output "$reports/report.md" \
  --format html --output "$reports/report.html" \
  --format junit --output "$reports/junit.xml" \
  --format sarif --output "$reports/report.sarif" || code=$?

case $code in
  0) echo "Nothing to do." ;;
  2) echo "To apply exactly this: reconciler apply $reports/plan.reconciler" ;;
  4) echo "Blocked by a safety check: see $reports/report.md" ;;
esac
[ "$code" -eq 2 ] || exit "$code"
