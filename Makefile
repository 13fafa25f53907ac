# Everything a fresh machine needs: Python >= 3.11, make, gcc and git.
#   make run    set up and start the whole system (Ctrl-C stops it)
#   make test   set up and run every test
#   make check  lint, types, import contracts
#   make bench  measure against peers and floors, about 4 minutes
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TESTS  ?= tests
# Tests at once: many of them wait more than they compute.
JOBS   ?= 3
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test check bench format lock clean

help:
	@sed -n '1,5s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

install: $(VENV)/.ready
install-dev: $(VENV)/.ready-dev

run: install
	@exec $(BIN)/judgeline up

test: install-dev
	$(BIN)/python -m pytest -n $(JOBS) $(TESTS)

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install-dev
	$(BIN)/python -m bench

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "judgeline: needs Python >= 3.11, and '$(PYTHON)' is not; try: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "judgeline: '$(PYTHON)' lacks ensurepip or venv; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "judgeline: creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@$(PIP) --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip  # the making of it was interrupted
	@echo "judgeline: installing $$(grep -c '==' requirements.lock) pinned packages from requirements.lock"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@echo "judgeline: installing what the tests need from requirements-dev.lock"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# Renews both lock files (needs uv on PATH); they name no index and no host.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:
	$(LOCK) pyproject.toml --extra build -o requirements.lock
	$(LOCK) pyproject.toml --extra build --extra dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
