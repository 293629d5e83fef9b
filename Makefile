# Every target; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
WEEK := week11

.PHONY: help setup demo test check format lint types layers bench clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready source/$(WEEK)/data/enhancers.tsv  ## Make .venv with pinned packages, and the week's data and source notebook

.venv/.ready: requirements.lock pyproject.toml tools/system_packages
	tools/system_packages
	test -x $(BIN)/python || python3.11 -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

source/$(WEEK)/data/enhancers.tsv: .venv/.ready
	$(BIN)/nbviva source $(WEEK)

demo: setup  ## Generate the release, hand in the rehearsal submissions, mark them, print the marks
	$(BIN)/python tools/demo.py

test: setup  ## Run all tests
	@tools/system_packages tests
	$(BIN)/python -m pytest

check: setup format lint types layers test  ## All that CI runs

format: .venv/.ready
	$(BIN)/ruff format --check .

lint: .venv/.ready
	$(BIN)/ruff check .

types: .venv/.ready
	$(BIN)/mypy nbviva

layers: .venv/.ready
	$(BIN)/lint-imports

bench: setup  ## Measure start-up, questions and arrays against the plain tool
	$(BIN)/python tools/bench.py

clean:  ## Remove all that is generated, but not hand-ins and gradebook
	rm -rf .venv release reports autograded feedback .nbviva/staged graders/*/.data source/*/data
