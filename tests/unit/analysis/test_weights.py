"""Weights are kept after each period under the right number of steps; dead units are counted."""

from typing import Any

import keras
import numpy as np
import pytest
from split import Split

import mnist_nn
from mnist_nn.analysis import KeepWeights, count_dead_units


def train(model: keras.Model, data: Split, learning_rate: float | None = 0.05) -> KeepWeights:
    """Train for periods of 1, 4 and 15 steps, and return the weights kept."""
    keep = KeepWeights()
    options: dict[str, Any] = {"periods": [1, 4, 15], "callbacks": [keep], "seed": 0, "verbose": 0}
    mnist_nn.train_classification_model(model, learning_rate, 20, 10, *data, **options)
    return keep


def test_keeps_the_weights_of_each_period(small: Split) -> None:
    model = mnist_nn.build_nn_model([5], seed=0)
    untrained = model.layers[0].kernel.numpy()
    keep = train(model, small)
    assert list(keep.weights) == [0, 1, 5, 20]
    np.testing.assert_array_equal(keep.weights[0], untrained)
    np.testing.assert_array_equal(keep.weights[20], model.layers[0].kernel.numpy())
    assert not np.array_equal(keep.weights[1], keep.weights[5])
    assert list(train(model, small).weights) == [20, 21, 25, 40]  # training goes on from there


def test_counts_steps_that_mixed_precision_skips(small: Split) -> None:
    dense = keras.layers.Dense(10, "softmax", dtype="mixed_float16")
    model = keras.Sequential([keras.Input((784,)), dense])
    # Gradients of this scale overflow until it has been halved several times.
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=2.0**20)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    assert list(train(model, small, None).weights) == [0, 1, 5, 20]
    assert 0 < int(optimizer.iterations) < 20


def test_counts_the_steps_of_keras_fit(small: Split) -> None:
    model = mnist_nn.build_linear_model()
    mnist_nn.compile_classification_model(model, 0.05)
    keep = KeepWeights()
    model.fit(*small[:2], batch_size=20, epochs=2, callbacks=[keep], verbose=0)
    assert list(keep.weights) == [0, 10, 20]


def test_finds_the_first_kernel_of_a_nested_model(small: Split) -> None:
    inner = keras.Sequential([keras.Input((784,)), keras.layers.Dense(5, "relu")])
    model = keras.Sequential([keras.Input((784,)), inner, keras.layers.Dense(10, "softmax")])
    keep = train(model, small)
    np.testing.assert_array_equal(keep.weights[20], inner.layers[0].kernel.numpy())


def test_a_model_without_kernel_is_refused() -> None:
    keep = KeepWeights()
    keep.set_model(keras.Sequential([keras.Input((784,)), keras.layers.Softmax()], name="flat"))
    with pytest.raises(ValueError, match="model 'flat' has no kernel"):
        keep.on_train_begin()


def test_dead_units_are_counted(small: Split) -> None:
    model = mnist_nn.build_nn_model([5, 10], dropout=0.5, seed=0)
    first = model.get_layer("hiddenlayer_0")
    first.bias.assign([-1_000, -1_000, 0, 0, 0])  # two units are never positive
    dead = count_dead_units(model, small.validation_examples)
    assert dead["hiddenlayer_0"] == 2
    assert dead["hiddenlayer_1"] < 10
    first.kernel.assign(np.zeros((784, 5)))
    dead = count_dead_units(model, small.validation_examples)
    assert dead == {"hiddenlayer_0": 5, "hiddenlayer_1": 10}
    functional = keras.Model(model.inputs, model.outputs)
    assert count_dead_units(functional, small.validation_examples) == dead
    linear = mnist_nn.build_linear_model()
    assert count_dead_units(linear, small.validation_examples) == {}
    with pytest.raises(ValueError, match=r"examples .*\(2, 7\)"):
        count_dead_units(linear, np.zeros((2, 7)))
    with pytest.raises(ValueError, match="examples has 1 row"):
        count_dead_units(linear, np.zeros((1, 784)))
    nested = keras.Sequential([keras.Input((784,)), model], name="nested")
    with pytest.raises(ValueError, match="model 'nested' .* without models"):
        count_dead_units(nested, small.validation_examples)
