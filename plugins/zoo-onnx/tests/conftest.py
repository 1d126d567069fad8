"""Preloaded ONNX Runtime, imported once for all commands of the tests."""

import pytest


@pytest.fixture(scope="session")
def preloaded(preloaded):
    return (*preloaded, "onnxruntime")
