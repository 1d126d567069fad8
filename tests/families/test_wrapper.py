"""The wrapper around a network: resized images, heads, and evaluation in chunks."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("zoo_torch")

from zoo_torch.families import wrapper  # noqa: E402

pytestmark = pytest.mark.requires("zoo-mnist", "zoo-timm", "zoo-torch", "zoo-torchvision")


class Recorder(torch.nn.Module):
    """A network that records its images and returns their first pixels as logits."""

    def __init__(self, classes=2):
        super().__init__()
        self.classes = classes
        self.images = []

    def forward(self, x):
        self.images.append(x)
        return x.flatten(1)[:, : self.classes]


def wrap(network, size=(28, 28), classes=(2,)):
    return wrapper.ResizeAndSplitHeads(network, size, classes)


def test_wrapper_passes_image_of_right_size_unchanged():
    network, x = Recorder(), torch.rand(2, 1, 28, 28)
    wrap(network).train()(x)
    assert network.images[0] is x


def test_wrapper_interpolates_enlarged_image():
    network = Recorder()
    ramp = torch.linspace(0, 1, 28).expand(1, 1, 28, 28)
    wrap(network, (32, 48)).eval()(ramp)
    (image,) = network.images
    assert image.shape == (1, 1, 32, 48)
    torch.testing.assert_close(
        image[0, 0, 0, 2:-2], torch.linspace(0, 1, 48)[2:-2], atol=0.02, rtol=0
    )


@pytest.mark.parametrize("shape", [(56, 28), (28, 56)])
def test_wrapper_preserves_mean_of_reduced_image(shape):
    network, x = Recorder(), torch.zeros(1, 1, *shape)
    x[..., ::4, ::4] = 1.0
    wrap(network, (7, 7)).eval()(x)
    torch.testing.assert_close(network.images[0].mean(), x.mean(), atol=0.01, rtol=0)


@pytest.mark.parametrize("training", [True, False])
def test_wrapper_splits_logits_into_heads(training):
    x = torch.rand(3, 1, 28, 28)
    first, second = wrap(Recorder(5), classes=(3, 2)).train(training)(x)
    assert torch.equal(first, x[:, 0, 0, :3])
    assert torch.equal(second, x[:, 0, 0, 3:5])


def test_wrapper_limits_pixels_per_chunk_in_evaluation(monkeypatch):
    monkeypatch.setattr(wrapper, "CHUNK_PIXELS", 10 * 28 * 28)
    network, x = Recorder(), torch.rand(25, 1, 28, 28)
    model = wrap(network).eval()
    (logits,) = model(x)
    assert [len(images) for images in network.images] == [10, 10, 5]
    assert torch.equal(logits[7:8], model(x[7:8])[0])


def test_wrapper_evaluates_at_least_eight_images_per_chunk(monkeypatch):
    monkeypatch.setattr(wrapper, "CHUNK_PIXELS", 1)
    network = Recorder()
    wrap(network).eval()(torch.rand(20, 1, 28, 28))
    assert [len(images) for images in network.images] == [8, 8, 4]


def test_wrapper_trains_on_whole_batch(monkeypatch):
    monkeypatch.setattr(wrapper, "CHUNK_PIXELS", 1)
    network = Recorder()
    wrap(network).train()(torch.rand(20, 1, 28, 28))
    assert [len(images) for images in network.images] == [20]


def test_wrapper_does_not_hide_batch_normalization_of_single_image():
    """Two copies of the image would be accepted, but have a variance of 0: nothing is learned."""
    layers = torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.BatchNorm1d(1)
    network = torch.nn.Sequential(*layers, torch.nn.Linear(1, 2))
    with pytest.raises(ValueError, match="more than 1 value"):
        wrap(network).train()(torch.rand(1, 1, 28, 28))
