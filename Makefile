# Each target sets itself up; nothing is to be installed by hand beyond make and Python 3.11.
SHELL := /bin/sh
EXTRAS ?= test,e2e,dev
VENV = $(or $(FOYER_VENV),.venv)

.DEFAULT_GOAL := help
.PHONY: help setup demo test nightly lint format bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

setup: ## make the virtual environment with everything a developer needs
	@tools/setup.sh "$(EXTRAS)"

demo: ## the demo portal beside its sample ERP (ARGS="--port 8080 --reset")
	@./foyer demo $(ARGS)

test: setup ## all tests (ARGS="-k words"; FOYER_REQUIRE=postgresql,mariadb,browser forbids skipping)
	@tools/browser.sh
	@tools/test.sh $(ARGS)

nightly: setup ## the properties of permissions at full size: 1,000,000 questions, 200 edits of each kind
	@FOYER_TEST_QUESTIONS=1000000 FOYER_TEST_EDITS=200 $(VENV)/bin/python -m pytest -q -n 2 tests/property/test_explainer.py tests/property/test_exposure_lock.py $(ARGS)

lint: setup ## lint, format and types
	@tools/lint.sh

format: setup ## mend what the linter can mend by itself
	@$(VENV)/bin/ruff check --fix-only --quiet .
	@$(VENV)/bin/ruff format .

bench: setup ## the benchmarks (ARGS goes to them)
	@$(VENV)/bin/python -m benchmarks $(ARGS)

lock: ## constraints.txt anew, from the newest versions that setup.cfg allows
	@tools/lock.sh

clean: ## remove what building and testing left behind
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov test-results
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
