"""Lazy imports of the public names."""

import ast
import importlib

import pytest

from zoo_core.system.lazy_names import lazy_imports


@pytest.mark.parametrize("module", ["zoo_core", "zoo_core.plugin_api"])
def test_lazy_imports_are_those_for_type_checkers(module):
    tree = ast.parse(importlib.import_module(module).__loader__.get_source(module))
    block = next(node.body for node in tree.body if isinstance(node, ast.If))
    expected = {alias.name: node.module for node in block for alias in node.names}
    assert lazy_imports(module) == expected
