# `make demo` and `make test` need Python 3.11 or newer and make; they set up the rest in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LIVE_WORKERS ?= 2
PAIRS ?= 10200
ROUNDS ?= 10
STAMP := $(VENV)/.installed
# env -u: where that is set, pytest would rewrite the asserts of all test files again with each run.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest

.PHONY: help install demo test test-long fuzz lint format live bench conformance transitions man kinds findings rules single-file clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: $(STAMP) ## make .venv with the command and everything the tests need

# compileall: where PYTHONDONTWRITEBYTECODE is set, every run would compile all modules again.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "reconciler needs Python 3.11 or newer; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[dev]'
	$(BIN)/python -m compileall -q reconciler providers
	@touch $@

demo: $(STAMP) ## the main job on three sandbox clusters: plan, apply, drift, repair, destroy
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh

# worksteal: a process has neighbouring tests, which share what was set up once, until another has none left.
test: $(STAMP) ## the tests of a change; those that need real Consul skip where there is none
	$(PYTEST) -n 2 --dist worksteal -m 'not long'

test-long: $(STAMP) ## the tests that take longer: kills, leases, clocks, servers of shared states, installations, jobs of CI
	$(PYTEST) -n 3 --dist worksteal -m long

fuzz: $(STAMP) ## tests of properties with other random examples, in as many rounds as ROUNDS says
	@for round in $$(seq $(ROUNDS)); do RECONCILER_TESTS_RANDOM=1 $(PYTEST) -n 2 -m hypothesis || exit 1; done

lint: $(STAMP) ## ruff, mypy strict, import contracts, spelling, words (docs/words.txt)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python -m tests.docs.words

format: $(STAMP) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

live: $(STAMP) ## all tests on real Consul servers, every version found in CONSUL_BIN_DIR; ends with a table
	@CONSUL_VERSIONS="$${CONSUL_VERSIONS:-$$($(BIN)/python -m tests.support.agents)}"; export CONSUL_VERSIONS; \
	  $(BIN)/pytest -m live -rs -n $(LIVE_WORKERS) --dist loadgroup --live-results=docs/coverage.json; \
	  status=$$?; $(BIN)/python -m tests.live.table; exit $$status

bench: $(STAMP) ## measure speed; see benchmarks/README.md
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.order

conformance: $(STAMP) ## replay recorded answers of real servers against the sandbox; writes docs/conformance.md
	$(BIN)/python -m tests.recorded.report --markdown

transitions: $(STAMP) ## random pairs of configurations, each way in one apply on the sandbox; writes docs/transitions.md
	$(BIN)/python -m tests.transitions --pairs $(PAIRS) --workers 2 --write

man: $(STAMP) ## write a manual page for each command into build/man
	$(BIN)/python -m reconciler.cli.manpages build/man

kinds: $(STAMP) ## write docs/kinds.md from the records of the kinds
	$(BIN)/python -m tests.docs.kinds_page

findings: $(STAMP) ## write docs/findings.md from the catalogue of the doctor
	$(BIN)/python -m tests.docs.findings.page

rules: $(STAMP) ## write docs/rules from the catalogue of rules and their cases
	$(BIN)/python -m tests.docs.rules.write

# It needs Python 3.11 or newer where it runs, of the minor version and system that it was made with.
single-file: $(STAMP) ## write the command with all its libraries into one file, build/reconciler.pyz, and run it
	$(BIN)/pip install --quiet 'shiv>=1.0.8'
	mkdir -p build/empty
	$(BIN)/shiv --quiet --reproducible -c reconciler -p '/usr/bin/env python3' -o build/reconciler.pyz .
	cd build/empty && SHIV_ROOT=../shiv ../reconciler.pyz version && SHIV_ROOT=../shiv ../reconciler.pyz --help > /dev/null

clean: ## remove what the targets made
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
