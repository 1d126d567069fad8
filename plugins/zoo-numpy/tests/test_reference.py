"""The reference study's check of its net without a framework: a regression of f(x, x) = 7x."""

import numpy as np
import pytest

from zoo_core import Recipe
from zoo_numpy.layers import Dense, ReLU
from zoo_numpy.losses import squared_error
from zoo_numpy.net import Net
from zoo_numpy.optim import make_optimizer

SAMPLES = [((2, 1), 10), ((3, 3), 21), ((4, 5), 32), ((6, 6), 42)]

PUBLISHED = {
    1: 7.038453196038151,
    2: 14.042814826755537,
    3: 21.047176457472922,
    5: 35.055899718907696,
    10: 70.07770787249463,
}
"""x -> prediction of the reference study's net for (x, x)."""


@pytest.fixture(scope="module")
def regressor():
    """Return 2 inputs → 3 ReLU → 1 linear without bias, from ones, after ten epochs."""
    hidden = Dense(2, 3, dtype=np.float64)
    output = Dense(3, 1, bias=False, dtype=np.float64)
    for layer in (hidden, output):
        layer.parameters["weight"].value[:] = 1
    net = Net([hidden, ReLU(), output], heads=(1,))
    recipe = Recipe(dataset="none", trainer="numpy", lr=0.001)
    optimizer = make_optimizer([parameter for _, parameter in net.parameters()], recipe)
    for _ in range(10):
        for x, y in SAMPLES:  # batches of one
            (outputs,) = net.forward(np.array([x], np.float64))
            net.backward([squared_error(outputs, np.array([[y]], np.float64))[1]])
            optimizer.step(recipe.lr)
    return net


@pytest.mark.parametrize("x", PUBLISHED)
def test_regressor_matches_reference_predictions(regressor, x):
    (outputs,) = regressor.forward(np.array([[x, x]], np.float64))
    assert outputs.item() == pytest.approx(PUBLISHED[x], abs=1e-9)
    assert abs(outputs.item() - 7 * x) < 0.1
