"""The exercise's trainers, and the loop that they share: train a period, predict, log, repeat."""

from __future__ import annotations  # signatures show names such as Examples

from collections.abc import Sequence
from typing import Any

import numpy as np

from mnist_nn import arguments, metrics
from mnist_nn._backend import defer_interrupt, keras, tf, without_replica_context
from mnist_nn.arguments import Array, Examples, Features, Labels, Targets
from mnist_nn.errors import ArgumentError, describe_error
from mnist_nn.language import message
from mnist_nn.models import (
    build_linear_model,
    build_nn_model,
    check_classifier,
    compile_classification_model,
    predict_probabilities,
)
from mnist_nn.record import record_training
from mnist_nn.sampling import sample_batches, select_rows


def train_linear_classification_model(
    learning_rate: float,
    steps: int,
    batch_size: int,
    training_examples: Examples,
    training_targets: Targets,
    validation_examples: Examples,
    validation_targets: Targets,
    *,
    periods: int | Sequence[int] = 10,
    callbacks: Sequence[keras.callbacks.Callback] | None = None,
    seed: int | None = None,
    verbose: int = 1,
) -> keras.Model:
    """Train the linear classifier, and show how its log loss develops.

    Args:
        learning_rate: Learning rate of Adagrad, above 0.
        steps: Number of training steps, over all periods.
        batch_size: Number of examples in a step.
        training_examples: DataFrame or ndarray of shape (n_training, 784): the features.
        training_targets: Series or ndarray of shape (n_training,): the labels, 0 to 9.
        validation_examples: DataFrame or ndarray of shape (n_validation, 784).
        validation_targets: Series or ndarray of shape (n_validation,).
        periods: Number of periods, or a list of the number of steps in each.
        callbacks: Keras callbacks. To them, a period is an epoch; they are not called for batches.
        seed: Seed of the batches, to repeat a run. Without it, each run differs.
        verbose: 1 prints the log loss of each period, and draws its curve and the confusion
            matrix. 0 prints and draws nothing.

    Returns:
        The trained Keras model. Its ``history.history`` has, for each period, the ``log_loss``,
        ``accuracy`` and ``cross_entropy`` of the training set, the same of the validation set with
        the prefix ``val_``, and Keras' ``loss``: the loss of a batch, averaged over the steps. An
        interrupt ends training after the current period; with ``verbose=1``, the model is returned
        as usual.

    Raises:
        TypeError, ValueError: If an argument is invalid, or training diverges.
        KeyboardInterrupt: If training is interrupted and ``verbose`` is 0, to end outer loops, too.

    Example:
        >>> data = (training_examples, training_targets, validation_examples, validation_targets)
        >>> model = train_linear_classification_model(0.03, 100, 30, *data, verbose=0)
        >>> len(model.history.history["log_loss"])
        10
    """
    model = build_linear_model()
    data = (training_examples, training_targets, validation_examples, validation_targets)
    options: Any = dict(periods=periods, callbacks=callbacks, seed=seed, verbose=verbose)
    return train_classification_model(model, learning_rate, steps, batch_size, *data, **options)


def train_nn_classification_model(
    learning_rate: float,
    steps: int,
    batch_size: int,
    hidden_units: Sequence[int],
    training_examples: Examples,
    training_targets: Targets,
    validation_examples: Examples,
    validation_targets: Targets,
    *,
    dropout: float = 0.0,
    batch_normalization: bool = False,
    l1: float = 0.0,
    l2: float = 0.0,
    periods: int | Sequence[int] = 10,
    callbacks: Sequence[keras.callbacks.Callback] | None = None,
    seed: int | None = None,
    verbose: int = 1,
) -> keras.Model:
    """Train the neural network, and show how its log loss develops.

    Args:
        learning_rate: Learning rate of Adagrad, above 0.
        steps: Number of training steps, over all periods.
        batch_size: Number of examples in a step.
        hidden_units: Number of nodes of each hidden layer, such as ``[100, 100]``.
        training_examples: DataFrame or ndarray of shape (n_training, 784): the features.
        training_targets: Series or ndarray of shape (n_training,): the labels, 0 to 9.
        validation_examples: DataFrame or ndarray of shape (n_validation, 784).
        validation_targets: Series or ndarray of shape (n_validation,).
        dropout: Fraction of each hidden layer's outputs that a training step sets to zero, from
            0 to below 1.
        batch_normalization: Whether to normalise each hidden layer's outputs over the batch.
        l1: Factor of the sum of absolute weights that is added to the loss.
        l2: Factor of the sum of squared weights that is added to the loss.
        periods: Number of periods, or a list of the number of steps in each.
        callbacks: Keras callbacks. To them, a period is an epoch; they are not called for batches.
        seed: Seed of the initial weights, the batches and dropout, to repeat a run.
        verbose: 1 prints and draws as for the linear model. 0 prints and draws nothing.

    Returns, Raises:
        As :func:`train_linear_classification_model`.

    Example:
        >>> data = (training_examples, training_targets, validation_examples, validation_targets)
        >>> model = train_nn_classification_model(0.05, 100, 30, [100, 100], *data, verbose=0)
        >>> predictions = model.predict(validation_examples, verbose=0).argmax(axis=1)
    """
    model = build_nn_model(
        hidden_units,
        dropout=dropout,
        batch_normalization=batch_normalization,
        l1=l1,
        l2=l2,
        seed=seed,
    )
    data = (training_examples, training_targets, validation_examples, validation_targets)
    options: Any = dict(periods=periods, callbacks=callbacks, seed=seed, verbose=verbose)
    return train_classification_model(model, learning_rate, steps, batch_size, *data, **options)


def train_classification_model(
    model: keras.Model,
    learning_rate: float | None,
    steps: int,
    batch_size: int,
    training_examples: Examples,
    training_targets: Targets,
    validation_examples: Examples,
    validation_targets: Targets,
    *,
    periods: int | Sequence[int] = 10,
    callbacks: Sequence[keras.callbacks.Callback] | None = None,
    seed: int | None = None,
    verbose: int = 1,
) -> keras.Model:
    """Train a Keras classifier of your own, and show how its log loss develops.

    Args:
        model: A Keras model that maps features of shape (n_examples, 784) to probabilities of
            shape (n_examples, 10). Training starts from the weights that it has. If it is
            compiled, it keeps its loss and optimizer; otherwise, it is compiled like the
            exercise's models.
        learning_rate: Learning rate of the optimizer, above 0. None keeps that of a compiled model.

    All else is as in :func:`train_linear_classification_model`.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input(shape=(784,)), keras.layers.Dense(10, "softmax")])
        >>> data = (training_examples, training_targets, validation_examples, validation_targets)
        >>> model = train_classification_model(model, 0.03, 100, 30, *data, verbose=0)
    """
    features, labels = arguments.check_data(
        training_examples=training_examples, training_targets=training_targets
    )
    val_features, val_labels = arguments.check_data(
        validation_examples=validation_examples, validation_targets=validation_targets
    )
    batches = sample_batches(len(features), batch_size, steps, periods, seed)
    _compile(model, learning_rate, val_features, val_labels)
    arguments.warn_of_raw_pixels(training_examples=features, validation_examples=val_features)

    tensors = [tf.convert_to_tensor(array) for array in (features, labels, val_features)]
    train_period = _compile_period(model, batch_size, tensors)
    steps_by_period = [len(period.batch_numbers) for period in batches]
    callback_list = keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        model=model,
        epochs=len(batches),
        steps_by_period=steps_by_period,
    )
    model.stop_training = False
    if verbose:
        print("Training model...\nLogLoss error (on validation data):", flush=True)
    with defer_interrupt() as interrupts:
        callback_list.on_train_begin()
        try:
            for number, period in enumerate(batches):
                model.reset_metrics()
                callback_list.on_epoch_begin(number)
                outputs, val_outputs = train_period(*tensors, *period)
                probabilities = _to_numpy(model, number, outputs)
                val_probabilities = _to_numpy(model, number, val_outputs)
                logs = model.get_metrics_result()
                logs |= _evaluate("", labels, probabilities)
                logs |= _evaluate("val_", val_labels, val_probabilities)
                if verbose:
                    print(f"  period {number:02d} : {logs['val_log_loss']:0.2f}", flush=True)
                callback_list.on_epoch_end(number, logs)
                if model.stop_training or interrupts:
                    break
        except KeyboardInterrupt:  # the second one, or a callback's
            interrupts.append(0)
        finally:
            callback_list.on_train_end()
            model.optimizer.finalize_variable_values(model.trainable_weights)

    finished = len(model.history.epoch)
    record_training(model, sum(steps_by_period[:finished]), batch_size, seed, features)
    if interrupts and not verbose:
        raise KeyboardInterrupt
    if interrupts:
        print(message(f"Training stopped. Periods finished: {finished} of {len(batches)}."))
    elif verbose:
        print("Model training finished.")
    if verbose and finished:
        _show_results(model, val_features, val_labels)
    return model


def _compile_period(model: keras.Model, batch_size: int, tensors: Sequence[Any]) -> Any:
    """Return a function that runs all steps of a period in one call, and then predicts both sets.

    A call for each step, or a ``tf.data`` pipeline, would take about twice the time.
    """
    train_step = model.train_step
    if not isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):  # it needs the context
        train_step = without_replica_context(train_step)

    def train_period(
        features: Any, labels: Any, val_features: Any, rows: Any, batch_numbers: Any
    ) -> tuple[Any, Any]:
        for batch_number in batch_numbers:  # AutoGraph makes it a loop of TensorFlow
            batch = select_rows(rows, batch_number, batch_size)
            train_step((tf.gather(features, batch), tf.gather(labels, batch)))
        return predict_probabilities(model, features), predict_probabilities(model, val_features)

    # Variables that are created in a compiled function would cause it to be compiled twice.
    model.optimizer.build(model.trainable_variables)
    if model.run_eagerly:
        return train_period
    numbers = tf.TensorSpec([None], tf.int64)
    signature = [*map(tf.TensorSpec.from_tensor, tensors), numbers, numbers]
    return tf.function(train_period, input_signature=signature)


def _to_numpy(model: keras.Model, period: int, outputs: Any) -> Array:
    """Return predicted probabilities as an array; raise a ValueError if training diverged."""
    probabilities = np.asarray(outputs, np.float32)
    if not np.isfinite(probabilities).all():
        rate = float(model.optimizer.learning_rate)
        raise ArgumentError(
            f"training diverged in period {period} with learning_rate {rate:g}: lower it"
        )
    return probabilities


def _evaluate(prefix: str, labels: Labels, probabilities: Array) -> dict[str, float]:
    """Return the metrics of a data set after a period."""
    predicted_classes = probabilities.argmax(axis=1)
    return {
        f"{prefix}log_loss": metrics.log_loss(labels, predicted_classes),
        f"{prefix}accuracy": float(np.mean(labels == predicted_classes)),
        f"{prefix}cross_entropy": metrics.cross_entropy(labels, probabilities),
    }


def _compile(model: keras.Model, learning_rate: Any, features: Features, targets: Labels) -> None:
    """Compile the model, or set its learning rate; raise an error if it is not a classifier."""
    name = f"model {getattr(model, 'name', '')!r}"
    first_and_last = [0, -1]  # with a single example, a wrong shape could look right
    probabilities = check_classifier("model", name, model, features[first_and_last])
    if not model.compiled:
        return compile_classification_model(model, learning_rate)
    try:
        keras.losses.get(model.loss)(targets[first_and_last], probabilities)
    except Exception as error:  # a custom loss may raise anything
        raise ArgumentError(
            f"{name} is compiled with loss {model.loss!r:.100}, which does not accept labels from "
            "0 to 9: compile it with loss='sparse_categorical_crossentropy'. Keras says: "
            f"{describe_error(error)}"
        ) from None
    if learning_rate is not None:
        rate = arguments.check_positive_number("learning_rate", learning_rate)
        model.optimizer.learning_rate = rate


def _show_results(model: keras.Model, features: Features, labels: Labels) -> None:
    """Print the last line of the original's trainers, and show their two figures."""
    from mnist_nn import plots, rendering  # silent calls do not need Matplotlib and seaborn

    # A callback or the optimizer may have changed the weights after the last period.
    predicted_classes = np.asarray(predict_probabilities(model, features)).argmax(axis=1)
    accuracy = np.mean(labels == predicted_classes)
    print(f"Final accuracy (on validation data): {accuracy:0.2f}", flush=True)
    rendering.show(
        plots.plot_log_loss(model.history.history),
        plots.plot_confusion_matrix(metrics.confusion_matrix(labels, predicted_classes)),
    )
