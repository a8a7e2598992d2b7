"""The classifiers are built and compiled as the original's were."""

import random
from typing import Any

import keras
import numpy as np
import pytest

from mnist_nn import (
    build_linear_model,
    build_nn_model,
    compile_classification_model,
    models,
)


def paths(model: keras.Model) -> list[str]:
    return [variable.path for variable in model.variables]


def test_variable_names_are_the_originals_and_stay() -> None:
    expected = [
        f"dnn/{layer}/{part}"
        for layer in ("hiddenlayer_0", "hiddenlayer_1", "logits")
        for part in ("kernel", "bias")
    ]
    for _ in range(2):
        model = build_nn_model([100, 100])
        assert paths(model) == expected
        assert paths(build_linear_model()) == [
            "linear/linear_model/kernel",
            "linear/linear_model/bias",
        ]
    assert model.get_layer("hiddenlayer_0").kernel.shape == (784, 100)


def test_initial_weights() -> None:
    assert not any(weights.any() for weights in build_linear_model().get_weights())
    model = build_nn_model([100, 50], seed=0)
    for kernel, bias in zip(model.get_weights()[::2], model.get_weights()[1::2], strict=True):
        limit = np.sqrt(6 / sum(kernel.shape))  # Glorot's
        assert 0.97 * limit < np.abs(kernel).max() <= limit
        assert abs(np.abs(kernel).mean() - limit / 2) < 0.05 * limit
        assert not bias.any()


def test_models_end_in_probabilities() -> None:
    features = np.random.default_rng(0).random((5, 784), np.float32)
    for model in (build_linear_model(), build_nn_model([20], seed=0)):
        probabilities = model.predict(features, verbose=0)
        assert probabilities.shape == (5, 10)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_compiled_as_the_original() -> None:
    model = build_nn_model([20])
    compile_classification_model(model, 0.05)
    config = model.optimizer.get_config()
    assert isinstance(model.optimizer, keras.optimizers.Adagrad)
    assert config["learning_rate"] == pytest.approx(0.05)
    assert config["initial_accumulator_value"] == 0.1
    assert config["epsilon"] == 0
    assert (config["global_clipnorm"], config["clipnorm"], config["clipvalue"]) == (5, None, None)
    assert isinstance(model.loss, keras.losses.SparseCategoricalCrossentropy)
    assert model.loss.reduction == "sum"


def test_seed_fixes_weights_and_dropout() -> None:
    def outputs(seed: int | None) -> bytes:
        model = build_nn_model([20, 20], dropout=0.5, seed=seed)
        return np.asarray(model(np.ones((3, 784)), training=True)).tobytes()

    random.seed(0)  # Keras takes its own seeds from here
    assert outputs(1) == outputs(1)
    assert outputs(1) != outputs(2)
    random.seed(0)
    first = outputs(None)
    random.seed(0)
    assert outputs(None) != first


def test_options_add_what_they_say() -> None:
    plain = build_nn_model([20, 30])
    assert [type(layer).__name__ for layer in plain.layers] == ["Dense"] * 3 + ["Softmax"]
    model = build_nn_model([20, 30], dropout=0.25, batch_normalization=True, l1=0.1, l2=0.2)
    names = [type(layer).__name__ for layer in model.layers]
    assert names == ["Dense", "Dropout", "BatchNormalization"] * 2 + ["Dense", "Softmax"]
    assert model.layers[1].rate == 0.25
    kernels = [layer.kernel for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    expected = sum(
        0.1 * np.abs(kernel.numpy()).sum() + 0.2 * np.square(kernel.numpy()).sum()
        for kernel in kernels
    )
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_units": []}, r"hidden_units must list .* not \[\]"),
        ({"hidden_units": 100}, "hidden_units must list"),
        ({"hidden_units": "100"}, "hidden_units must list"),
        ({"hidden_units": b"ab"}, "hidden_units must list"),
        ({"hidden_units": np.array(5)}, "hidden_units must list"),
        ({"hidden_units": [100, 0]}, r"hidden_units\[1\] must be a whole number, 1 or more, not 0"),
        ({"hidden_units": [-1]}, r"hidden_units\[0\]"),
        ({"hidden_units": [10.0]}, r"hidden_units\[0\]"),
        ({"dropout": 1.0}, "dropout must be a finite number, 0 or more and below 1, not 1.0"),
        ({"dropout": "a"}, "dropout"),
        ({"l1": -1}, "l1 must be a finite number, 0 or more, not -1"),
        ({"l2": float("nan")}, "l2"),
        ({"batch_normalization": "yes"}, "batch_normalization must be False or True"),
        ({"seed": -1}, "seed must be a whole number, 0 or more, not -1"),
        ({"seed": 0.5}, "seed"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_nn_model(**({"hidden_units": [10]} | arguments))  # type: ignore[arg-type]


@pytest.mark.parametrize("learning_rate", [0, -0.1, float("nan"), float("inf"), "0.1", None, True])
def test_bad_learning_rate_is_refused(learning_rate: object) -> None:
    with pytest.raises(ValueError, match="learning_rate must be a finite number above 0"):
        compile_classification_model(build_linear_model(), learning_rate)  # type: ignore[arg-type]


def test_predictions_are_cut_by_the_widest_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(keras.Model):  # type: ignore[misc]  # Keras has no types
        """Tells nothing of its layers' outputs."""

        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(10, activation="softmax")

        def call(self, features: Any) -> Any:
            sizes.append(len(features))
            return self.dense(features)

    wide = keras.Sequential([keras.Input(shape=(784,)), keras.layers.Dense(3_000)])
    nested = keras.Sequential([keras.Input(shape=(784,)), wide, keras.layers.Dense(10)])
    assert models._widest_layer(build_linear_model()) == 784
    assert models._widest_layer(nested) == 3_000
    assert models._widest_layer(Own()) == models.UNKNOWN_WIDTH

    sizes: list[int] = []
    features = np.random.default_rng(0).random((25, 784), np.float32)
    model = Own()
    whole = np.asarray(models.predict_probabilities(model, features))
    sizes.clear()  # to build itself, it is called once more
    monkeypatch.setattr(models, "PREDICTION_OUTPUTS", 10 * models.UNKNOWN_WIDTH)
    np.testing.assert_allclose(models.predict_probabilities(model, features), whole, rtol=1e-6)
    assert sizes == [10, 10, 5]
