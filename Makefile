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

.PHONY: run test test-fast test-everywhere bench lint lint-python lint-web format install browsers screens vectors translations locks clean

# Portal, couriers and a desk, on this machine only, until Ctrl+C. Neither half knows the other; they meet here.
run: install
	@mkdir -p "$(VAR)"
	@sed -e 's|^port = .*|port = $(PORTAL_PORT)|' -e 's|^tick_minutes = .*|tick_minutes = 1|' \
	  -e 's|"var/release"|"release"|' -e 's|"var/metrics.sock"|"metrics.sock"|' -e 's|sqlite:///var/|sqlite:///|' \
	  config.example.toml > "$(VAR)/config.toml"
	@$(BIN)/python -m portal build --config "$(VAR)/config.toml" >/dev/null
	@$(BIN)/python -m portal migrate --config "$(VAR)/config.toml" >/dev/null
	@$(BIN)/python -m workstation demo keys --folder "$(VAR)/demo"
	@portal=http://127.0.0.1:$(PORTAL_PORT); trap 'kill $$(jobs -p) 2>/dev/null; wait' EXIT; trap 'exit 0' INT TERM; \
	$(BIN)/python -m portal serve --config "$(VAR)/config.toml" 2> "$(VAR)/portal.log" & server=$$!; \
	for try in $$(seq 100); do \
	  (: > /dev/tcp/127.0.0.1/$(PORTAL_PORT)) 2>/dev/null && break; \
	  kill -0 $$server 2>/dev/null || { cat "$(VAR)/portal.log"; exit 1; }; sleep 0.2; \
	done; \
	$(BIN)/python -m workstation demo publish --folder "$(VAR)/demo" --portal $$portal || exit 1; \
	for person in anna bram chris; do \
	  $(BIN)/python -m workstation sync --spool "$(VAR)/demo/$$person-spool" --portal $$portal \
	    --credential-file "$(VAR)/demo/$$person-courier" --every 20 --pause 2 > "$(VAR)/courier-$$person.log" 2>&1 & \
	done; \
	$(BIN)/python -m workstation desk --folder "$(VAR)/demo/anna" --spool "$(VAR)/demo/anna-spool" --port $(DESK_PORT) \
	  > "$(VAR)/desk.log" 2>&1 & desk=$$!; \
	echo; echo "The people's site   $$portal/   in English $$portal/en/"; \
	echo "Anna's desk         http://127.0.0.1:$(DESK_PORT)/   pass phrase: demo anna"; \
	echo; echo "What to try: read with the code above (Anna's answer is there within two minutes). Then write something yourself:"; \
	echo "within half a minute it stands on Anna's desk, when you load that page again. Answer it there."; \
	echo "Nothing here is real or secret. Ctrl+C ends it; 'rm -r $(VAR)' forgets it."; \
	wait -n $$server $$desk; echo "A part has stopped; see the logs in $(VAR). Is a port already in use?"; exit 1

test: install browsers lint
	$(BIN)/pytest -q -n 2
	@# Browsers mostly wait, so three files at a time keep two cores busy.
	$(NODE_BIN)/vitest run --max-workers=3

# Before a release: every story in every kind of browser, which `make test` takes in turns. About twice as long.
test-everywhere: export EVERY_BROWSER := 1
test-everywhere: test

test-fast: install lint
	@$(NODE_BIN)/vitest run --exclude '**/*.slow.test.ts' --exclude 'tests/e2e/**' & \
	$(BIN)/pytest -q -m "not slow" -n 2 && wait $$!

# What people wait for, next to the limit of the same libraries: docs/PERFORMANCE.md and bench/results.json.
# BENCH="--quick" shows in minutes that it works; BENCH="portal" or "workstation" runs one of them. Wants a quiet machine,
# and the portal 20 GB of disk and 8 GB of memory.
bench: install
	$(BIN)/python -m bench $(BENCH)

lint: install
	@$(MAKE) --no-print-directory -j2 lint-python lint-web

lint-python:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

lint-web:
	$(BIN)/djlint templates --lint --quiet
	$(NODE_BIN)/tsc --noEmit
	$(NODE_BIN)/eslint web templates tests --max-warnings 0

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

# Debian's own browsers, PostgreSQL, the library that confines the desk, and exiftool, which looks for what pictures
# still say; elsewhere install them as your system does, and set CHROMIUM and FIREFOX to their programs.
browsers:
	@if ! command -v chromium >/dev/null || ! command -v firefox-esr >/dev/null || ! command -v exiftool >/dev/null || \
	  ! PATH="$$PATH:$$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')" command -v initdb >/dev/null || \
	  ! $(PYTHON) -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("seccomp"))'; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	      chromium firefox-esr fonts-dejavu-core libimage-exiftool-perl libseccomp2 postgresql >/dev/null; \
	  else \
	    echo "The tests need chromium, firefox-esr, exiftool, postgresql and libseccomp2. Install them, then run this again."; exit 1; \
	  fi; \
	fi

# Every page and step, to be looked at: docs/screens/.
screens: install browsers
	$(NODE_BIN)/vitest run --config tests/e2e/screens.config.ts

vectors: install
	$(BIN)/python tests/vectors/generate.py

# Brings the catalogues in step with the texts of templates and content; what is new stands in each .po untranslated.
# No line numbers, dates or guesses, so that a diff shows the texts that changed and nothing else.
TRANSLATIONS ?= content/translations
translations: install
	$(BIN)/pybabel -q extract -F $(TRANSLATIONS)/babel.cfg --ignore-dirs ".* var node_modules" \
	  --add-location=file --omit-header --width=120 -o $(TRANSLATIONS)/messages.pot .
	$(BIN)/pybabel -q update -i $(TRANSLATIONS)/messages.pot -d $(TRANSLATIONS) --width=120 \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

# Lock files carry hashes and no download address.
locks:
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras \
	  --no-header -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras \
	  --allow-unsafe --extra dev --no-header -o requirements-dev.txt pyproject.toml

clean:
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
