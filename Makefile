.PHONY: install test lint

install:
	pip install -e '.[test,dev]' -e registry $(foreach plugin,$(wildcard plugins/*),-e $(plugin))

test:
	pytest

lint:
	ruff check .
	ruff format --check .
	mypy
