# Every target sets up what it needs; the second time it starts at once and needs no network.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check format golden bench bench-large docs hooks clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## make .venv with everything

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ownwords needs Python 3.11 or newer; this is $$($(PYTHON) --version). Next: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[all]' --group dev
	@touch $@

demo: $(READY) ## the whole way on a synthetic network, about four minutes
	@$(BIN)/ownwords demo

test: $(READY) ## the tests, under 15 minutes on 2 cores
	@$(BIN)/pytest -q -n 2 --dist loadgroup -m 'not slow'

test-all: $(READY) ## every test, the long ones too
	@$(BIN)/pytest -q -n 2 --dist loadgroup

check: $(READY) ## format, lint, types, imports, documents
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python docs/generate.py --check

format: $(READY) ## put the code into its form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

golden: $(READY) ## write the golden files again; review the diff
	@OWNWORDS_GOLDEN=write $(BIN)/pytest -q -n 2 tests -k golden

bench: $(READY) ## short measurements, appended to benchmarks/results.jsonl
	@for script in benchmarks/bench_*.py; do echo $$script; $(BIN)/python $$script || exit 1; done

bench-large: $(READY) ## long measurements
	@for script in benchmarks/bench_*.py; do echo $$script; $(BIN)/python $$script --large || exit 1; done

docs: $(READY) ## write the generated documents again
	@$(BIN)/python docs/generate.py

hooks: $(READY) ## check before each commit, on this machine
	@printf '#!/bin/sh\nexec make check\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit

clean: ## remove what was made here
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
