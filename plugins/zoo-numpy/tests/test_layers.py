"""Gradients of layers and losses, compared with central differences and with torch."""

from types import SimpleNamespace

import numpy as np
import pytest

from zoo_numpy.layers import Dense, Dropout, ReLU, Sigmoid, Tanh
from zoo_numpy.losses import (
    binary_cross_entropy,
    cross_entropy,
    softmax_cross_entropy,
    squared_error,
)
from zoo_numpy.net import Net

RNG = np.random.default_rng(0)


def dense(*, bias):
    layer = Dense(4, 3, bias=bias, dtype=np.float64)
    layer.initialize(1)
    return layer


LAYERS = {
    "dense": lambda: dense(bias=True),
    "dense without bias": lambda: dense(bias=False),
    "relu": ReLU,
    "leaky relu": lambda: ReLU(0.01),
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "dropout": lambda: Dropout(0.4),
}


def central_differences(function, array, step=1e-6):
    """Return the gradient of ``function()`` with respect to an array that it uses."""
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + step
        above = function()
        array[index] = kept - step
        gradient[index] = (above - function()) / (2 * step)
        array[index] = kept
    return gradient


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_layer_gradients_agree_with_central_differences(make):
    layer, x = make(), RNG.standard_normal((5, 4))
    weights = RNG.standard_normal(layer.forward(x, (7,)).shape)  # the loss is a weighted sum

    def loss():
        return float((weights * layer.forward(x, (7,))).sum())

    loss()
    layer.parameter_gradients(weights)
    np.testing.assert_allclose(
        layer.input_gradient(weights), central_differences(loss, x), atol=1e-8
    )
    for parameter in layer.parameters.values():
        expected = central_differences(loss, parameter.value)
        np.testing.assert_allclose(parameter.gradient, expected, atol=1e-8)


ORACLES = {
    "dense": lambda f, x, parameters: f.linear(x, *parameters),
    "dense without bias": lambda f, x, parameters: f.linear(x, *parameters),
    "relu": lambda f, x, _: f.relu(x),
    "leaky relu": lambda f, x, _: f.leaky_relu(x, 0.01),
    "tanh": lambda f, x, _: x.tanh(),
    "sigmoid": lambda f, x, _: x.sigmoid(),
}


@pytest.mark.parametrize("name", ORACLES)
def test_layer_agrees_with_torch(name):
    torch = pytest.importorskip("torch")
    layer, x = LAYERS[name](), RNG.standard_normal((6, 4)) * 3
    theirs = torch.tensor(x, requires_grad=True)
    parameters = [torch.tensor(p.value, requires_grad=True) for p in layer.parameters.values()]
    y = ORACLES[name](torch.nn.functional, theirs, parameters)
    gradient = RNG.standard_normal(y.shape)
    y.backward(torch.tensor(gradient))
    np.testing.assert_allclose(layer.forward(x), y.detach().numpy(), atol=1e-12)
    layer.parameter_gradients(gradient)
    np.testing.assert_allclose(layer.input_gradient(gradient), theirs.grad.numpy(), atol=1e-12)
    for ours, parameter in zip(layer.parameters.values(), parameters, strict=True):
        np.testing.assert_allclose(ours.gradient, parameter.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_agrees_with_torch_and_central_differences(smoothing):
    logits, labels = 5 * RNG.standard_normal((6, 4)), RNG.integers(0, 4, 6)
    loss, gradient = softmax_cross_entropy(logits, labels, smoothing)
    expected = central_differences(
        lambda: softmax_cross_entropy(logits, labels, smoothing)[0], logits
    )
    np.testing.assert_allclose(gradient, expected, atol=1e-8)

    torch = pytest.importorskip("torch")
    theirs = torch.tensor(logits, requires_grad=True)
    oracle = torch.nn.functional.cross_entropy(
        theirs, torch.tensor(labels), label_smoothing=smoothing
    )
    oracle.backward()
    assert loss == pytest.approx(oracle.item(), abs=1e-12)
    np.testing.assert_allclose(gradient, theirs.grad.numpy(), atol=1e-12)


def test_cross_entropy_is_finite_for_large_logits():
    loss, gradient = softmax_cross_entropy(np.array([[1e4, 0.0]]), np.array([1]))
    assert loss == pytest.approx(1e4)
    assert np.isfinite(gradient).all()


def test_cross_entropy_of_recipe_is_that_of_its_smoothing():
    logits, labels = RNG.standard_normal((6, 4)).astype(np.float32), RNG.integers(0, 4, 6)
    ours = cross_entropy(logits, labels, SimpleNamespace(label_smoothing=0.1, class_weights=""))
    theirs = softmax_cross_entropy(logits, labels, 0.1)
    assert ours[0] == theirs[0]
    assert np.array_equal(ours[1], theirs[1])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_binary_cross_entropy_agrees_with_torch_and_central_differences(smoothing):
    recipe = SimpleNamespace(label_smoothing=smoothing, class_weights="")
    logits = 5 * RNG.standard_normal((6, 4))
    labels = RNG.integers(0, 2, (6, 4)).astype(np.uint8)
    loss, gradient = binary_cross_entropy(logits, labels, recipe)
    expected = central_differences(lambda: binary_cross_entropy(logits, labels, recipe)[0], logits)
    np.testing.assert_allclose(gradient, expected, atol=1e-8)

    torch = pytest.importorskip("torch")
    theirs = torch.tensor(logits, requires_grad=True)
    wanted = (1 - smoothing) * torch.tensor(labels, dtype=torch.float64) + smoothing / 2
    oracle = torch.nn.functional.binary_cross_entropy_with_logits(theirs, wanted)
    oracle.backward()
    assert loss == pytest.approx(oracle.item(), abs=1e-12)
    np.testing.assert_allclose(gradient, theirs.grad.numpy(), atol=1e-12)


def test_binary_cross_entropy_is_finite_for_large_logits():
    recipe = SimpleNamespace(label_smoothing=0.0, class_weights="")
    loss, gradient = binary_cross_entropy(np.array([[1e4, -1e4]]), np.array([[0, 0]]), recipe)
    assert loss == pytest.approx(5e3)
    assert gradient.tolist() == [[0.5, 0]]


def test_losses_keep_dtype_of_outputs():
    recipe, outputs = (
        SimpleNamespace(label_smoothing=0.1, class_weights=""),
        np.ones((3, 2), np.float32),
    )
    targets = RNG.integers(0, 2, (3, 2))
    gradients = [
        cross_entropy(outputs, targets[:, 0], recipe)[1],
        binary_cross_entropy(outputs, targets, recipe)[1],
        squared_error(outputs, targets.astype(np.float64), recipe)[1],
    ]
    assert [gradient.dtype for gradient in gradients] == [np.float32] * 3


def test_squared_error_takes_targets_of_any_shape():
    outputs, targets = RNG.standard_normal((5, 6)), RNG.standard_normal((5, 2, 3))
    loss, gradient = squared_error(outputs, targets)
    assert loss == pytest.approx(((outputs - targets.reshape(5, 6)) ** 2).sum() / 10)
    assert gradient.shape == (5, 6)
    loss, gradient = squared_error(outputs[:, :1], targets[:, 0, 0])
    assert loss == pytest.approx(((outputs[:, 0] - targets[:, 0, 0]) ** 2).sum() / 10)
    assert gradient.shape == (5, 1)


def test_squared_error_agrees_with_central_differences():
    outputs, targets = RNG.standard_normal((5, 2)), RNG.standard_normal((5, 2))
    loss, gradient = squared_error(outputs, targets)
    assert loss == pytest.approx(((outputs - targets) ** 2).sum() / 2 / 5)
    expected = central_differences(lambda: squared_error(outputs, targets)[0], outputs)
    np.testing.assert_allclose(gradient, expected, atol=1e-8)
    assert np.array_equal(squared_error(outputs[:1], targets[:1])[1], (outputs - targets)[:1])


def test_two_head_net_agrees_with_central_differences():
    layers = [dense(bias=True), Tanh(), Dropout(0.3), Dense(3, 5, dtype=np.float64)]
    layers[-1].initialize(2)
    net, x = Net(layers, heads=(2, 3)), RNG.standard_normal((4, 2, 2))
    labels = np.array([[0, 2], [1, 0], [1, 1], [0, 2]])

    def losses():
        outputs = net.forward(x, (3,))
        return [softmax_cross_entropy(head, labels[:, i]) for i, head in enumerate(outputs)]

    net.backward([gradient for _, gradient in losses()])
    found = {name: parameter.gradient.copy() for name, parameter in net.parameters()}
    assert found.keys() == {"0.weight", "0.bias", "3.weight", "3.bias"}
    for name, parameter in net.parameters():
        expected = central_differences(lambda: sum(loss for loss, _ in losses()), parameter.value)
        np.testing.assert_allclose(found[name], expected, atol=1e-8, err_msg=name)


def test_dropout_preserves_mean_and_is_identity_outside_training():
    layer, x = Dropout(0.25), np.ones((400, 500), np.float32)
    dropped = layer.forward(x, (0,))
    assert (dropped == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert dropped.mean() == pytest.approx(1, abs=0.01)
    assert np.array_equal(layer.forward(x), x)
    assert not np.array_equal(dropped, layer.forward(x, (1,)))
    assert dropped.dtype == np.float32
