# Everything a fresh checkout needs: Python 3.10 or newer, and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
JOBS   ?= auto
PODS   ?= 4
EXTRAS ?= test,lint
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo hello test test-kind test-faults lint style format types arrows bench clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' $(MAKEFILE_LIST)

$(VENV)/.core: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PIP) install -e '.[$(EXTRAS)]'
	@touch $@

demo: $(VENV)/.core  ## make .venv, run the main example on this machine and show its result
	$(BIN)/kfbridge run examples/breast_cancer/pipeline.py

hello: $(VENV)/.core  ## make .venv and run the smallest example
	$(BIN)/kfbridge run examples/hello/pipeline.py

test: $(VENV)/.dev  ## make .venv and run every test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not cluster" $(AGAIN)

test-kind: $(VENV)/.dev  ## run the tests that need a Kubernetes: that of KUBECONFIG, or one that kind makes
	$(BIN)/python -m pytest -n $(PODS) --dist worksteal -m "cluster and not disruptive" --timeout 900 $(AGAIN)

test-faults: $(VENV)/.dev  ## kill and halt what such a Kubernetes consists of, where it runs on this machine
	$(BIN)/python -m pytest -m disruptive --timeout 900 $(AGAIN)

lint: style format types arrows  ## style, types, and the arrows between the rooms

style: $(VENV)/.dev
	$(BIN)/ruff check .

format: $(VENV)/.dev
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

arrows: $(VENV)/.dev
	$(BIN)/lint-imports

bench: $(VENV)/.core  ## measure kfbridge and KFP side by side, and write docs/benchmarks.md
	$(BIN)/python benchmarks/run.py

clean:  ## remove the environments
	rm -rf .venv .venv-*
