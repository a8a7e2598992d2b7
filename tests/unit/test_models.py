"""The classifiers are built and compiled as the original's were; others are checked."""

import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from numpy_reference import forward
from subclassed import Subclassed

from mnist_nn import build_linear_model, build_nn_model, compile_classification_model, models

FEATURES = np.random.default_rng(0).random((25, 784), np.float32)
FEATURES[0] = 0


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


def test_layers_of_one_shape_start_differently() -> None:
    model = build_nn_model([20, 20, 20], dropout=0.5, seed=0)
    kernels = [layer.kernel for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert not np.array_equal(kernels[1], kernels[2])
    dropped = [model.get_layer(f"dropout_{i}")(np.ones((1, 20)), training=True) for i in (0, 1)]
    assert not np.array_equal(*dropped)


def test_network_is_relu_layers_and_a_softmax() -> None:
    model = build_nn_model([30, 20])
    expected = forward(model.get_weights(), FEATURES)[-1]
    np.testing.assert_allclose(np.asarray(model(FEATURES)), expected, rtol=1e-5)


def test_compiled_as_the_original() -> None:
    model = build_nn_model([20])
    compile_classification_model(model, 0.05)
    config = model.optimizer.get_config()
    assert isinstance(model.optimizer, keras.optimizers.Adagrad)
    assert config["learning_rate"] == pytest.approx(0.05)
    assert config["initial_accumulator_value"] == 0.1
    assert config["epsilon"] == 0
    assert (config["global_clipnorm"], config["clipnorm"], config["clipvalue"]) == (5, None, None)
    loss = float(model.loss(np.array([0, 9]), np.array([[0.55] + [0.05] * 9] * 2)))
    assert loss == pytest.approx(-np.log(0.55) - np.log(0.05))


def test_seed_fixes_weights_and_dropout() -> None:
    def outputs(seed: int | None) -> bytes:
        model = build_nn_model([20, 20], dropout=0.5, seed=seed)
        return np.asarray(model(np.ones((3, 784)), training=True)).tobytes()

    assert outputs(0) == outputs(0)
    assert outputs(0) != outputs(1)
    random.seed(0)  # Keras takes its own seeds from here
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
    assert len(build_nn_model([20], l1=0.1).losses) == len(build_nn_model([20], l2=0.1).losses) == 2


def test_arguments_are_checked() -> None:
    refused: dict[str, Any] = {"hidden_units": [], "dropout": 1.0, "l1": -1, "l2": "a", "seed": -1}
    for name, value in refused.items():
        with pytest.raises(ValueError, match=f"^{name} "):
            build_nn_model(**({"hidden_units": [10]} | {name: value}))
    with pytest.raises(TypeError, match="^batch_normalization .* not 'no'"):
        build_nn_model([10], batch_normalization="no")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="^learning_rate .* not 0"):
        compile_classification_model(build_linear_model(), 0)


def test_predictions_are_made_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "PREDICTION_ROWS", 10)
    model = Subclassed()
    expected = model.predict(FEATURES[:21], verbose=0)
    model.sizes.clear()
    predicted = np.asarray(models.predict_probabilities(model, FEATURES[:21]))
    assert model.sizes == [10, 10, 1]
    np.testing.assert_allclose(predicted, expected, rtol=0, atol=1e-6)


def test_outputs_become_float32_or_stay_float64() -> None:
    for dtype in (np.float16, np.float32, np.float64, np.int64):
        expected = np.float64 if dtype == np.float64 else np.float32
        assert models.to_float(np.ones((1, 10), dtype)).dtype == expected


@pytest.mark.parametrize(
    "build", [build_linear_model, lambda: build_nn_model([20], dropout=0.5), Subclassed]
)
def test_classifiers_pass_the_check(build: Callable[[], keras.Model]) -> None:
    model = build()
    expected = model.predict(FEATURES, verbose=0)
    predicted = np.asarray(models.predict_probabilities(model, FEATURES))
    checked = models.check_classifier("it", model, FEATURES)
    for probabilities in (predicted, checked):
        np.testing.assert_allclose(probabilities, expected, rtol=1e-6)


def sequential(*shape: int, outputs: int = 10, activation: str | None = "softmax") -> keras.Model:
    layers = [keras.layers.Flatten(), keras.layers.Dense(outputs, activation=activation)]
    return keras.Sequential([keras.Input(shape=shape), *layers])


def predicting(*values: float, weight: float = 0.0) -> keras.Model:
    """Return a model with these outputs, and zeros, plus the weighted sum of the features."""
    model = sequential(784, activation=None)
    model.set_weights([np.full((784, 10), weight), np.resize([*values, *[0] * 10], 10)])
    return model


def returning(change: Callable[[Any], Any]) -> keras.Model:
    """Return a model that changes its probabilities."""
    pixels = keras.Input(shape=(784,))
    return keras.Model(pixels, change(keras.layers.Dense(10, activation="softmax")(pixels)))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: sequential(785), r"784 pixels: .* keras.Input\(shape=\(784,\)\)"),
        (
            lambda: sequential(28, 28),
            r"784 pixels: .*layers.Reshape.*Keras says: Expected shape \(None, 28, 28\)",
        ),
        (lambda: sequential(784, outputs=9), r"shape \(25, 9\) for 25 examples: .* 10 nodes"),
        (lambda: sequential(784, outputs=1), r"shape \(25, 1\)"),
        (lambda: sequential(784, activation=None), "add up to 1.* softmax"),
        (lambda: sequential(784, activation="tanh"), "add up to 1.* softmax"),
        (lambda: predicting(np.nan), "no finite numbers.* lower learning rate"),
        # But for row 0, where all features are 0:
        (lambda: predicting(1, weight=3e38), r"\[inf.*no finite numbers"),
        (lambda: predicting(1, weight=1e-4), "add up to 1.* softmax"),
        (lambda: returning(lambda p: [p, p]), "returns a list of 2: .* one output"),
        (
            lambda: returning(lambda p: keras.ops.repeat(p, 2, axis=0)),
            r"shape \(50, 10\) for 25 examples",
        ),
    ],
)
def test_other_models_get_a_short_error(build: Callable[[], keras.Model], message: str) -> None:
    with pytest.raises(ValueError, match=f"^model 'a' .*{message}") as error:
        models.check_classifier("model 'a'", build(), FEATURES)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TypeError, match="^classifiers must be .*, not str"):
        models.check_classifier("classifiers", "dnn", FEATURES)
