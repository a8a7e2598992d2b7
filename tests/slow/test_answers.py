"""What the solution says of its networks, where no saved text shows it, is true of them."""

import keras
import numpy as np
import pytest
from precision import precision
from split import split_exercise, train_table

import mnist_nn


@pytest.mark.weekly  # other networks would print other lines in the solution
@precision("float64")
def test_answers_are_true_of_the_networks() -> None:
    data = split_exercise(train_table(), seed=1)
    train = mnist_nn.train_nn_classification_model
    linear = mnist_nn.train_linear_classification_model(0.03, 1_000, 30, *data, seed=1, verbose=0)
    network = train(0.05, 2_000, 50, [100, 100], *data, seed=1, verbose=0)
    short, long = (
        train(0.05, steps, 30, [100, 100], *data, seed=1, verbose=0) for steps in (10, 1_000)
    )
    examples, targets = data[2:]
    of_linear, of_network, of_short = (
        mnist_nn.metrics.confusion_matrix(
            targets, model.predict(examples, verbose=0).argmax(axis=1)
        )
        for model in (linear, network, short)
    )
    mistakes = ~np.eye(10, dtype=bool)
    assert np.mean((of_network < of_linear)[mistakes]) > 0.5  # "most kinds become rarer"
    for digit, predicted, before, after in ((5, 8, 0.04, 0), (9, 7, 0.05, 0.02)):
        assert of_linear[digit, predicted] == pytest.approx(before, abs=0.005)
        assert of_network[digit, predicted] == pytest.approx(after, abs=0.005)
    assert of_short[9, 7] > 0.5
    assert of_short[4, 7] == pytest.approx(0.5, abs=0.01)

    hidden = long.layers[0]
    start = mnist_nn.build_nn_model([100, 100], seed=1).layers[0].kernel.numpy()
    changes = np.linalg.norm(hidden.kernel.numpy() - start, axis=0)
    assert changes.argmax() == 1  # "the node in row 1, column 2"
    outputs = keras.Model(long.inputs[0], hidden.output)(data.training_examples.to_numpy())
    positive = np.mean(outputs.numpy() > 0, axis=0)
    assert np.median(positive[changes.argsort()[:10]]) < 0.05  # "mostly give 0"
    assert np.median(positive[changes.argsort()[-10:]]) > 0.2
