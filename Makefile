.PHONY: install test lint

install:
	pip install -e '.[test,dev]' -e registry $(foreach plugin,$(wildcard plugins/*),-e $(plugin))

test:
	pytest -n auto --maxprocesses=8

lint:
	ruff check .
	ruff format --check .
	mypy
