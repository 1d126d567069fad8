"""Models of timm: distilled ones, ones without logits, and the output of `zoo info`."""

import re

import pytest

from zoo_core.errors import InvalidValueError
from zoo_timm.table import table
from zoo_torch.families.config import FamilyConfig

torch = pytest.importorskip("torch")
pytest.importorskip("timm")

from zoo_timm import build  # noqa: E402


def test_distilled_model_returns_one_output_in_training():
    model = build.deit_tiny_distilled_patch16_224(FamilyConfig())
    (logits,) = model.train()(torch.randn(2, 1, 28, 28))
    assert logits.shape == (2, 10)


def test_info_and_build_give_reason_for_model_without_logits(cli):
    name = "qwen3_vit_88m_enc"
    assert "(2, 576, 1024)" in cli("info", f"timm/{name}").out
    with pytest.raises(InvalidValueError, match=rf"timm/{name} .*\(2, 576, 1024\).*zoo list"):
        getattr(build, name)(FamilyConfig())


def test_info_shows_family_config_and_parameters(cli):
    out = cli("info", "timm/resnet10t").out
    assert "family resnet." in out
    assert re.search(r"stem +auto", out)
    assert f"{int(table().rows['resnet10t'].parameters):,}" in out
