.PHONY: install test lint docs

install:
	pip install -e '.[test,dev,docs]' -e registry $(foreach plugin,$(wildcard plugins/*),-e $(plugin))

test:
	pytest -n auto --maxprocesses=8

lint:
	ruff check .
	ruff format --check .
	mypy

docs:
	mkdocs build --strict
	python docs/site_pages/check.py build/site
