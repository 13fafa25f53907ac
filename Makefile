# Everything a fresh machine needs: Python >= 3.11, make, gcc and git.
#   make run    set up and start the whole system (Ctrl-C stops it)
#   make test   set up and run every test
#   make check  lint, types, import contracts
#   make bench  measure against peers and floors, about 25 minutes
#   make chaos  break a whole system on purpose, 100,000 jobs, about 15 minutes (CHAOS_JOBS=, SEED=)
#   make soak   the same with seed after seed, and the long state machine, for an hour (SECONDS=, SEED=)
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TESTS  ?= tests
PEERS  := $(VENV)-bench/.ready $(VENV)-bench-arq/.ready $(VENV)-bench-saq/.ready
BULLMQ := bench/queues/bullmq/node_modules/.ready
CHAOS_JOBS ?= 100000
SOAK_JOBS  ?= 20000
SECONDS    ?= 3600
SEED       ?= 7
# Tests at once: many of them wait more than they compute.
JOBS   ?= 3
PIP    := $(BIN)/python -m pip --disable-pip-version-check

# Some tests need more than Python and gcc. Those of TLS need the distribution's redis-server, for the bundled server has
# no TLS: Debian's redis-tools holds it under the name redis-check-rdb and starts no service. Those of the languages need
# Go or Rust. In CI what is missing is installed here; at home its tests are skipped.
APT := apt-get install -y --no-install-recommends
PARTS := wanted=""; \
  command -v redis-server >/dev/null || command -v redis-check-rdb >/dev/null || wanted="redis-tools"; \
  command -v go >/dev/null || command -v rustc >/dev/null || wanted="$$wanted golang-go"; \
  if [ -z "$$wanted" ]; then :; \
  elif [ "$$CI" = true ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo "judgeline: installing what the tests lack here: $$wanted"; \
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(APT) -qq $$wanted; \
  else \
    echo "judgeline: some tests are skipped here (fail in CI); on Debian and Ubuntu: $(APT) $$wanted"; \
  fi

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test check chaos soak bench bench-queues format lock clean

help:
	@sed -n '1,7s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

install: $(VENV)/.ready
install-dev: $(VENV)/.ready-dev

run: install
	@exec $(BIN)/judgeline up

test: install-dev
	@$(PARTS)
	$(BIN)/python -m pytest -n $(JOBS) $(TESTS)

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy docs/examples
	$(BIN)/lint-imports

chaos: install
	$(BIN)/judgeline chaos --jobs $(CHAOS_JOBS) --seed $(SEED)

# Stops at the first seed that breaks a promise: its number is all that is needed to see it again.
soak: install-dev
	@end=$$(($$(date +%s) + $(SECONDS))); seed=$(SEED); \
	while left=$$((end - $$(date +%s))); [ $$left -gt 0 ]; do \
	  echo "judgeline: seed $$seed, $$left s to go"; \
	  $(BIN)/judgeline chaos --jobs $(SOAK_JOBS) --seed $$seed --duration $$left || exit 1; \
	  JUDGELINE_EXAMPLES=300 $(BIN)/python -m pytest -q --hypothesis-seed=$$seed \
	    tests/conformance/queues/state_machine || exit 1; \
	  seed=$$((seed + 1)); \
	done

bench: bench-queues
	$(BIN)/python -m bench

# Peers that a machine lacks (BullMQ without node) are rows that say so.
bench-queues: install-dev $(PEERS) $(BULLMQ)
	@echo "judgeline: measuring the queue beside its peers; about 15 minutes, and it stops by itself"
	$(BIN)/python -m bench.queues $(BENCH_OPTIONS)

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

# The peers of the queue benchmark live apart: they want other versions of redis-py than we do.
$(VENV)-bench/.ready: requirements-bench.lock | $(VENV)/bin/python
$(VENV)-bench-arq/.ready: requirements-bench-arq.lock | $(VENV)/bin/python
$(VENV)-bench-saq/.ready: requirements-bench-saq.lock | $(VENV)/bin/python
$(PEERS):
	@echo "judgeline: installing $$(grep -c '==' $<) pinned packages from $<"
	@$(BIN)/python -m venv $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

$(BULLMQ): bench/queues/bullmq/package-lock.json
	@if command -v npm >/dev/null; \
	then npm install --no-save --ignore-scripts --silent --prefix bench/queues/bullmq && touch $@; \
	else echo "judgeline: without node and npm there is no BullMQ in the tables"; fi

# Renews the lock files (needs uv on PATH); they name no index and no host.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:
	$(LOCK) pyproject.toml --extra build -o requirements.lock
	$(LOCK) pyproject.toml --extra build --extra dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) bench/requirements.in -o requirements-bench.lock
	$(LOCK) bench/requirements-arq.in -o requirements-bench-arq.lock
	$(LOCK) bench/requirements-saq.in -o requirements-bench-saq.lock

clean:
	rm -rf $(VENV) $(VENV)-bench $(VENV)-bench-arq $(VENV)-bench-saq bench/queues/bullmq/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
