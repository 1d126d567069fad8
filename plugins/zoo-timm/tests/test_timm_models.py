"""Models of timm that are distilled or have no logits, and what `zoo info` prints of a model."""

import pytest

from zoo_core.errors import InvalidValueError
from zoo_timm.table import table
from zoo_torch.families.config import FamilyConfig

torch = pytest.importorskip("torch")
pytest.importorskip("timm")

from zoo_timm import build  # noqa: E402


def test_a_distilled_model_gives_one_output_in_training():
    model = build.deit_tiny_distilled_patch16_224(FamilyConfig())
    (logits,) = model.train()(torch.randn(2, 1, 28, 28))
    assert logits.shape == (2, 10)


def test_a_model_without_logits_is_listed_and_refused_with_the_reason(cli):
    name = "qwen3_vit_88m_enc"
    assert "cannot be trained: it gives (2, 576, 1024)" in cli("info", f"timm/{name}").out
    with pytest.raises(
        InvalidValueError, match=rf"timm/{name} cannot be trained by zoo: it gives \(2, 576, 1024\)"
    ):
        getattr(build, name)(FamilyConfig())


def test_info_has_family_config_and_parameters(cli):
    out = cli("info", "timm/resnet10t").out
    assert "timm's resnet10t, of the family resnet." in out
    assert "stem: auto" in out
    assert table().rows["resnet10t"].parameters in out
