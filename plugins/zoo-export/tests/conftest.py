"""Preloaded frameworks, imported once for all commands of the export tests."""

import pytest


@pytest.fixture(scope="session")
def preloaded(preloaded):
    return (*preloaded, "zoo_torch.trainer", "torch.export", "torch.onnx", "onnxruntime")
