# Every target; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
WEEK := week11
TESTS = $(or $(FILE),$(and $(ROOM),tests/$(ROOM)))
PYTEST = $(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

.PHONY: help setup demo lab test test-fast test-pythons test-slurm coverage wheel check format lint types layers docs bench stress clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready source/$(WEEK)/data/enhancers.tsv  ## Make .venv with pinned packages, and the week's data and source notebook
	@$(BIN)/python -m compileall -q nbviva  # else each process compiles it anew where PYTHONDONTWRITEBYTECODE is set

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

lab: setup  ## Start JupyterLab with nbgrader's formgrader on this course: this machine only, no kernels
	$(BIN)/jupyter lab --config=nbviva/setup/new_course/lab/config.py

test: setup  ## Run all tests, four files at a time, since many of them wait; those of one file or room: make test FILE=tests/week/test_spec.py, ROOM=week
	@tools/system_packages tests
	$(PYTEST) $(TESTS)

test-fast: setup  ## Run the tests that start no kernel, browser, training or long row of programs
	$(PYTEST) -m "not slow" $(TESTS)

coverage: setup  ## Run all tests, and say which lines of nbviva none of them runs
	@tools/system_packages tests
	$(PYTEST) --cov=nbviva --cov-report=term-missing:skip-covered $(TESTS)

test-pythons:  ## Run the tests without torch on each Python from 3.11 to 3.13 that is installed; one of them: PYTHON=3.12
	tools/test_pythons $(PYTHON)

test-slurm: setup  ## Start a SLURM of two nodes on this machine, and run on it what a cluster's users do and suffer (ten minutes)
	@tools/system_packages slurm
	$(BIN)/python -m pytest -o timeout=1200 tests/slurm

wheel: .venv/.ready  ## Build the package, and look whether it is whole and says truly what it needs
	rm -rf build dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/check-wheel-contents dist/*.whl
	$(BIN)/deptry nbviva

check: setup format lint types layers docs test  ## All that CI runs; its last step is the test command of the README

format: .venv/.ready
	$(BIN)/ruff format --check .

lint: .venv/.ready
	$(BIN)/ruff check .

types: .venv/.ready
	$(BIN)/mypy nbviva tests tools graders docs/conf.py

layers: .venv/.ready
	$(BIN)/lint-imports

docs: .venv/.ready  ## Build the documentation site, in docs/_build; a warning is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --builder html docs docs/_build

bench: setup  ## Measure against the plain tools: start-up, questions, batches, regrading, recording; dear texts, neighbours
	$(BIN)/python tools/bench.py
	$(BIN)/python tools/batch_bench.py
	$(BIN)/python tools/record_bench.py
	$(BIN)/python tools/dear_texts.py
	$(BIN)/python tools/neighbour_cpu.py

stress: setup  ## Kill, fill, lock and attack what marks a class, and print what was lost (an hour); a part of it: PART=kernel
	$(BIN)/python tools/stress.py $(addprefix --part ,$(PART))

clean:  ## Remove all that is generated, but not hand-ins and gradebook
	rm -rf .venv docs/_build release/*/data reports autograded/*/ feedback .nbviva/done graders/*/.data source/*/data
