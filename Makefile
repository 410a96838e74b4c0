# Every target does its own set-up: all it needs is Python (3.11 or newer), git and make.
#   make demo         run batchlint on a small bundled project
#   make test         lint, types, batchlint on itself, tests
#   make docs         build the documentation into site/
#   make sdk-majors   test the batch helpers with older majors of the SDKs
#   make crash-table  kill a run at every step and print what the rerun made of it
#   make bench        measure against other linters (downloads them and the trees; takes an hour)
#   make sarif-check  validate our SARIF with the npm package sarif-multitool (needs npm)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DEMO := testdata/demo

.PHONY: bench demo test lint types self pytest docs sarif-check sdk-majors crash-table clean
.DELETE_ON_ERROR:

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "batchlint needs Python 3.11 or newer; name one with: make PYTHON=python3.13 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml
	$(PIP) install --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed pyproject.toml
	$(PIP) install --group dev
	@touch $@

# Findings are exit code 1, which is what a demonstration is for; an error (2) still fails.
demo: $(VENV)/.installed
	@cd $(DEMO) && $(CURDIR)/$(BIN)/batchlint || [ $$? -eq 1 ]

test: lint types self pytest

lint: $(VENV)/.developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.developing
	$(BIN)/mypy

self: $(VENV)/.installed
	$(BIN)/batchlint src

pytest: $(VENV)/.developing
	$(BIN)/pytest -n 2

docs: $(VENV)/.developing
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --strict --quiet

bench: $(VENV)/.installed
	$(BIN)/python benchmarks/run.py

sarif-check: $(VENV)/.installed
	$(BIN)/python tests/report/sarif_multitool.py

sdk-majors: $(VENV)/.made
	$(BIN)/python tests/helpers/sdk_majors.py

crash-table: $(VENV)/.developing
	$(BIN)/python tests/helpers/crash_table.py

clean:
	rm -rf $(VENV) site build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
