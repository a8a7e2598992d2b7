"""The loss along the gradient of a batch: its curves, its slope, and what stays as it was."""

from typing import Any

import keras
import numpy as np
import pytest
from split import Split

import mnist_nn
from mnist_nn.analysis import plot_gradient


def test_curves_start_at_the_loss_and_fall_along_the_slope(small: Split) -> None:
    model = mnist_nn.build_nn_model([10], seed=1)
    weights = model.get_weights()
    batch = small.training_examples[:10], small.training_targets[:10]
    ax: Any = plot_gradient(model, *batch, *small[2:])
    of_batch, of_validation, tangent, _ = ax.lines
    for line, (examples, targets) in ((of_batch, batch), (of_validation, small[2:])):
        loss = mnist_nn.metrics.cross_entropy(targets, model.predict(examples, verbose=0))
        assert line.get_ydata()[0] == pytest.approx(loss, rel=1e-5)
    distances, losses = of_batch.get_data()
    assert 0 < np.argmin(losses) < len(losses) - 1  # the curve shows its lowest point
    (start, end), (high, low) = tangent.get_data()
    assert (low - high) / (end - start) == pytest.approx(
        np.polyfit(distances[:3], losses[:3], 1)[0], rel=0.15
    )
    for kept, weight in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, weight)
    assert f"from where it is {high:.2f}." in ax.get_label()


def test_models_of_other_kinds_and_a_loss_that_cannot_fall(small: Split) -> None:
    """A subclassed model, with weights that the loss does not need, whose loss is 0."""

    class Certain(keras.Model):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(shape=(784, 10), initializer="zeros")
            self.unused = self.add_weight(shape=(3,), initializer="zeros")

        def call(self, features: Any) -> Any:
            return keras.ops.softmax(features @ self.kernel + 1e9 * keras.ops.eye(10)[0])

    zeros = np.zeros(5, int)
    ax: Any = plot_gradient(Certain(), small[0][:5], zeros, small[2][:5], zeros)
    assert not ax.lines[0].get_ydata().any()


def test_model_that_is_no_classifier_is_refused(small: Split) -> None:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    with pytest.raises(ValueError, match="softmax"):
        plot_gradient(model, *small)
