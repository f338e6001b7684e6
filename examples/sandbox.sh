# For scripts to source: a directory and a sandbox that go away when the script ends.
work=$(mktemp -d)
cleanup() {
  [ -n "${sandbox:-}" ] && kill "$sandbox" 2>/dev/null && wait "$sandbox" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
start_sandbox() { # start_sandbox NAME,NAME...: clusters on free ports
  reconciler sandbox --clusters "$1" --port 0 --ready-file "$work/ready.json" >"$work/sandbox.log" 2>&1 &
  sandbox=$!
  for _ in $(seq 100); do [ -s "$work/ready.json" ] && break; sleep 0.1; done
}
address() { # address NAME: where a cluster of the sandbox is
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/ready.json" "$1"
}
