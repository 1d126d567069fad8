import pytest

from zoo_core.plugin_api import conformance_test


@pytest.fixture(autouse=True)
def _one_home(tmp_path_factory, monkeypatch):
    """Share the cache of data sets, which each check would unpack again otherwise."""
    home = tmp_path_factory.getbasetemp() / "zoo-home"
    monkeypatch.setenv("ZOO_HOME", str(home))


test_conformance = conformance_test("torchvision/shufflenet_v2_x0_5")
