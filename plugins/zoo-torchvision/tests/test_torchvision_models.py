"""Changes to models of torchvision: auxiliary heads, constants among the weights, statistics."""

import pytest

from zoo_torch.families.config import FamilyConfig

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from zoo_torchvision.models import build  # noqa: E402


def build_one(name):
    return getattr(build, name)(FamilyConfig())


@pytest.mark.parametrize("name", ["inception_v3", "googlenet"])
def test_build_omits_auxiliary_heads(name):
    with torch.device("meta"):
        model = build_one(name)
    assert not [path for path, _ in model.named_modules() if "aux" in path.lower()]
    (logits,) = model.train()(torch.empty(2, 1, 28, 28, device="meta"))
    assert logits.shape == (2, 10)


@pytest.mark.parametrize("name", ["mnasnet0_5", "swin_t"])
def test_state_dict_has_only_learned_parameters_and_statistics(name):
    model = build_one(name)
    learned = {path for path, _ in model.named_parameters()}
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    state = model.state_dict()
    assert {path for path in state if not path.endswith(statistics)} == learned
    build_one(name).load_state_dict(dict(state))


def test_mnasnet_uses_default_batch_norm_momentum():
    momenta = {m.momentum for m in build_one("mnasnet0_5").modules() if hasattr(m, "momentum")}
    assert momenta == {0.1}
