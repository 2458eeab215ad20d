# Each target sets itself up; nothing is to be installed by hand beyond make and Python 3.11.
SHELL := /bin/sh
EXTRAS ?= test,e2e,dev
FUZZ ?= 3600
VENV = $(or $(FOYER_VENV),.venv)

.DEFAULT_GOAL := help
nightly: EXTRAS := $(EXTRAS),nightly
nightly: export FOYER_TEST_SEED := $(or $(FOYER_TEST_SEED),random)
.PHONY: help setup demo test evidence nightly audit lint format bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

setup: ## make the virtual environment with everything a developer needs
	@tools/setup.sh "$(EXTRAS)"

demo: ## the demo portal beside its sample ERP (ARGS="--port 8080 --reset")
	@./foyer demo $(ARGS)

test: setup ## all tests (ARGS="-k words"; FOYER_REQUIRE=postgresql,mariadb,browser forbids skipping)
	@tools/browser.sh
	@tools/test.sh $(ARGS)

evidence: setup ## the tests that the pages on security name, claim by claim (PAGES=docs/asvs.md, ARGS="-k words")
	@tools/browser.sh
	@PAGES="$(PAGES)" tools/evidence.sh $(ARGS)

nightly: setup ## at full size: 1,000,000 questions of permissions, all planted leaks, an hour of fuzzing (FUZZ=seconds), 100 kills, 1,000 submissions, 200 cuts; chance is drawn anew
	@HYPOTHESIS_PROFILE=ci $(VENV)/bin/python -m pytest -q -n 2 -m hypothesis $(ARGS)
	@FOYER_TEST_QUESTIONS=1000000 FOYER_TEST_EDITS=200 $(VENV)/bin/python -m pytest -q -n 2 tests/property/test_explainer.py tests/property/test_exposure_lock.py $(ARGS)
	@FOYER_TEST_CANARY=whole FOYER_TEST_FUZZ=$(FUZZ) $(VENV)/bin/python -m pytest -q -n 2 tests/integration/canary tests/fuzz $(ARGS)
	@FOYER_TEST_KILLS=100 FOYER_TEST_SYNC_ROWS=100000 $(VENV)/bin/python -m pytest -q tests/integration/sync/test_kill.py $(ARGS)
	@FOYER_TEST_KILLS=30 FOYER_TEST_SUBMISSIONS=1000 $(VENV)/bin/python -m pytest -q tests/integration/sync/test_storm.py $(ARGS)
	@FOYER_TEST_KILLS=50 FOYER_TEST_WRITES=200000 $(VENV)/bin/python -m pytest -q tests/integration/sync/test_writers.py -k postgresql $(ARGS)
	@FOYER_TEST_CUTS=200 FOYER_TEST_CUT_SECONDS=10 FOYER_TEST_HEALED_SECONDS=10 $(VENV)/bin/python -m pytest -q tests/integration/sync/test_partition.py -k "postgresql and triggers" $(ARGS)
	@FOYER_TEST_POLLS=10000 FOYER_TEST_PAUSED=100000 $(VENV)/bin/python -m pytest -q tests/integration/sync/test_whole.py tests/integration/sync/test_history.py $(ARGS)
	@FOYER_TEST_TWO_WAY=10000 FOYER_TEST_COMPANIES=1000 FOYER_TEST_RATE=1000 FOYER_TEST_RATE_SECONDS=60 $(VENV)/bin/python -m pytest -q tests/integration/sync/test_two_ways.py tests/integration/sync/test_companies.py tests/integration/sync/test_versions.py $(ARGS)
	@FOYER_TEST_POLLS=10000 FOYER_TEST_SYNC_ROWS=100000 $(VENV)/bin/python -m pytest -q tests/integration/sync/test_groups.py $(ARGS)
	@FOYER_TEST_ORACLE=1000 $(VENV)/bin/python -m pytest -q tests/property/test_oracle.py $(ARGS)

audit: ## known weaknesses of the pinned versions; says so where the index of packages does not answer
	@tools/audit.sh

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
