# The commands of README.md. Each works on a bare checkout: what it needs, it makes first.
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
NODE_BIN := node_modules/.bin

export PORTAL_PORT ?= 8000
export DESK_PORT ?= 8001
export VAR ?= var
export PYTHONPATH := .
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: run test test-fast lint format install browsers vectors locks clean

# Everything runs on this machine only and ends with Ctrl+C; what it keeps stands in $(VAR).
run: install
	@$(BIN)/python -m workstation demo run --folder "$(VAR)" --portal-port "$(PORTAL_PORT)" --desk-port "$(DESK_PORT)"

test: install browsers lint
	$(BIN)/pytest -q -n 2
	$(NODE_BIN)/vitest run

test-fast: install lint
	$(BIN)/pytest -q -m "not slow" -n 2
	$(NODE_BIN)/vitest run --exclude '**/*.slow.test.ts' --exclude 'tests/e2e/**'

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/djlint templates --lint --quiet
	$(NODE_BIN)/tsc --noEmit
	$(NODE_BIN)/eslint web tests --max-warnings 0

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: .venv/installed node_modules/installed

.venv/installed: requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

node_modules/installed: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

# Debian's own browsers; elsewhere install them as your system does, and set CHROMIUM and FIREFOX to their programs.
browsers:
	@if ! command -v chromium >/dev/null || ! command -v firefox-esr >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	      chromium firefox-esr fonts-dejavu-core >/dev/null; \
	  else \
	    echo "The browser tests need chromium and firefox-esr. Install them, then run this again."; exit 1; \
	  fi; \
	fi

vectors: install
	$(BIN)/python tests/vectors/generate.py

# Lock files carry hashes and no download address.
locks:
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras \
	  --no-header -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras \
	  --allow-unsafe --extra dev --no-header -o requirements-dev.txt pyproject.toml

clean:
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
