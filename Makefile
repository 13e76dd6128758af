# The ways in: `make run`, `make test`, `make demo`. A machine needs Python 3.11, git and make.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
RUN_STAMP := .venv/run.stamp
DEV_STAMP := .venv/dev.stamp
SOURCES := fedigroups federation inbox outbox
# A third of the time tests wait: three at a time keep two cores busy.
WORKERS ?= 3
MINUTES ?= 60
DIST ?= dist
ENGINE ?= docker

.DEFAULT_GOAL := help
.PHONY: help run demo bench scale clients test crash fuzz breaks audit check format migration schema screenshots words handbook lock release clean

help: ## List what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN_STAMP) ## Start a server at http://localhost:8000 with its data in ./data
	@exec $(BIN)/fedigroups serve

demo: $(RUN_STAMP) ## Three instances on this machine, and the story of a group over them
	@exec $(BIN)/fedigroups demo

bench: $(DEV_STAMP) ## Measure against floor programs in the same run; writes bench.json (ONLY=name: one)
	@$(BIN)/python tests/bench/run.py $(ONLY)

scale: $(DEV_STAMP) ## Measure an instance that 10,000 and 100,000 servers read; writes scale.json
	@$(BIN)/python tests/bench/scale.py

clients: $(DEV_STAMP) .venv/clients/stamp ## Mastodon.py's own tests against a server of ours (ONLY=test_status.py: some)
	@PYTHONPATH=. $(BIN)/python tests/clients/suite.py $(ONLY)

.venv/clients/stamp: requirements/clients.txt | .venv/bin/python
	@$(PYTHON) -m venv .venv/clients
	@.venv/clients/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/clients.txt
	@touch $@

test: check ## Every check, then every test; the last line is pytest's
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

crash: $(DEV_STAMP) ## Every fault of tests/crash, the long ones too: for hours
	@$(BIN)/python -m pytest -m "long or not long" tests/crash

fuzz: $(DEV_STAMP) ## Spoil what strangers send for MINUTES=60, and see whether anything gives way
	@FUZZ_MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/fuzz -n0 --timeout=0 -p no:randomly -q --capture=sys

breaks: $(DEV_STAMP) ## Break each rule that protects someone, and see its test go red (ONLY="H001 H044": some)
	@$(BIN)/python tests/breaking.py $(ONLY)

audit: | .venv/bin/python ## Ask the advisory database about what we depend on: needs the internet
	@test -x .venv/audit/bin/pip-audit || { $(PYTHON) -m venv .venv/audit && \
		.venv/audit/bin/python -m pip --quiet --disable-pip-version-check install pip-audit; }
	@.venv/audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/run.txt || { \
		echo "If no hole is named above, PyPI could not be asked: then nothing is known, good or bad."; exit 1; }

check: $(DEV_STAMP) ## What needs no running: style, types, layers, spelling
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell

format: $(DEV_STAMP) ## Write the code in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

migration: $(DEV_STAMP) ## Write the next migration from the models: make migration NAME=what_changes
	@PYTHONPATH=. $(BIN)/python .ci/draft_migration.py $(NAME)

schema: $(DEV_STAMP) ## Write down what all migrations make, which a new database gets at once
	@PYTHONPATH=.:tests $(BIN)/python tests/tables.py

screenshots: $(DEV_STAMP) ## Take a picture of every page, on a phone and wide, light and dark, into screenshots/
	@PYTHONPATH=.:tests $(BIN)/python tests/screenshots.py $(ONLY)

words: $(DEV_STAMP) ## Bring the catalogs of all languages up to the texts of the pages
	@PYTHONPATH=. $(BIN)/python .ci/words.py

handbook: $(RUN_STAMP) ## Write the handbook's pages that are made from the code, and all as HTML
	@$(BIN)/fedigroups config docs > deploy/handbook/settings.md
	@$(BIN)/fedigroups config example > deploy/env.example
	@for page in limits metrics commands routes events; do \
		$(BIN)/fedigroups config $$page > deploy/handbook/$$page.md; done
	@$(BIN)/python .ci/handbook.py deploy/handbook dist/handbook

lock: | .venv/bin/python ## Resolve the dependencies anew into requirements/*.txt
	@$(PIP) install pip-tools
	@CUSTOM_COMPILE_COMMAND="make lock" .ci/lock $(BIN)

# Podman leaves the image's health check out, unless it is told to write what Docker writes.
release: $(DEV_STAMP) ## Build the wheel, into dist/, and the image (ENGINE=podman without Docker)
	@rm -f $(DIST)/fedigroups-*.whl
	@$(BIN)/python -m hatchling build -t wheel -d $(DIST)
	@$(ENGINE) build $(if $(findstring podman,$(ENGINE)),--format docker) -f deploy/Dockerfile -t fedigroups \
		-t fedigroups:$$($(BIN)/python -c 'import fedigroups; print(fedigroups.__version__)') .

clean: ## Remove what was made here, except ./data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

$(RUN_STAMP): requirements/run.txt | .venv/bin/python
	@echo "Installing what the server needs (once) ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/$(BIN)/python" -P -m fedigroups "$$@"\n' \
		"$(CURDIR)" "$(CURDIR)" > $(BIN)/fedigroups && chmod +x $(BIN)/fedigroups
	@touch $@

$(DEV_STAMP): requirements/dev.txt pyproject.toml | .venv/bin/python
	@echo "Installing what the tests need (once) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(RUN_STAMP)
