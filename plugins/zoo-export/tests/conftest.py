"""What the tests of exports share: the frameworks, imported once for all commands."""

import pytest


@pytest.fixture(scope="session")
def preloaded(preloaded):
    return (*preloaded, "zoo_torch.trainer", "torch.export", "torch.onnx", "onnxruntime")
