"""The exercise's trainers, and the loop that they share: train a period, predict, log, repeat."""

from __future__ import annotations  # signatures show names such as Examples

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from mnist_nn import arguments, metrics
from mnist_nn._backend import (
    begin_training,
    change_backups,
    compile_loop,
    compute_other_metrics,
    defer_interrupt,
    is_distributed,
    keras,
    tf,
    to_value,
    without_metrics,
    without_replica_context,
)
from mnist_nn.arguments import Data, Examples, Features, Labels, Targets
from mnist_nn.errors import (
    ArgumentError,
    ArgumentTypeError,
    describe_error,
    suggest_arguments,
)
from mnist_nn.language import message, printable
from mnist_nn.models import (
    build_linear_model,
    build_nn_model,
    check_classifier,
    compile_classification_model,
    count_steps,
    name_model,
    predict_probabilities,
    to_float,
)
from mnist_nn.sampling import Period, sample_batches, select_rows, split_steps

DIRECTIONS = {"accuracy": "max", "log_loss": "min", "cross_entropy": "min"}  # of a better model
STEPS_AT_ONCE = 500  # interrupts are noticed after these
STEPS_DONE = "steps_done"  # of this call, a parameter of its callbacks


@suggest_arguments
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
        ``accuracy`` and ``cross_entropy`` of the training set, and Keras's ``loss``: that of a
        batch, averaged over the steps. With the prefix ``val_``, it has the same of the validation
        set. The weights have the dtype ``keras.config.floatx()``. An interrupt ends training after
        about 500 steps; with ``verbose=1``, the model is returned as usual.

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


@suggest_arguments
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
        seed: Seed of the initial weights, the batches and dropout, to repeat a run. Without it,
            each run differs.
        verbose: 1 prints and draws as for the linear model. 0 prints and draws nothing.

    Returns:
        As :func:`train_linear_classification_model`, which says what is raised, too.

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


@suggest_arguments
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

    All other arguments are those of :func:`train_linear_classification_model`.

    Returns:
        ``model``, as :func:`train_linear_classification_model`, which says what is raised, too.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input(shape=(784,)), keras.layers.Dense(10, "softmax")])
        >>> data = (training_examples, training_targets, validation_examples, validation_targets)
        >>> model = train_classification_model(model, 0.03, 100, 30, *data, verbose=0)
    """
    data = arguments.check_data(
        training_examples, training_targets, validation_examples, validation_targets
    )
    steps_by_period = split_steps(steps, periods)
    batches = sample_batches(len(data.labels), batch_size, steps_by_period, seed)
    callbacks = _check_callbacks(callbacks)
    _prepare_model(model, learning_rate, data)
    arguments.warn_of_raw_pixels(data)
    return train_on_batches(
        model, data, batch_size, batches, steps_by_period, callbacks=callbacks, verbose=verbose
    )


def train_on_batches(
    model: keras.Model,
    data: Data,
    batch_size: int,
    batches: Iterable[Period],
    steps_by_period: Sequence[int],
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 0,
) -> keras.Model:
    """Train a compiled model on batches that have been sampled: the loop of all trainers."""
    train_steps, predict = _compile_functions(model, data, batch_size)
    callback_list = keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        model=model,
        epochs=len(steps_by_period),
        steps=None,
        verbose=verbose,
    )
    n_steps, logs = sum(steps_by_period), dict[str, Any]()
    if verbose:
        print("Training model...\nLogLoss error (on validation data):", flush=True)
    with defer_interrupt() as interrupts:
        first_period = begin_training(model, callback_list)
        steps_before = steps_done = sum(steps_by_period[:first_period])
        iterations_before = count_steps(model)
        try:
            for number, period in islice(enumerate(batches), first_period, None):
                callback_list.on_epoch_begin(number)
                model.reset_metrics()
                for batch_numbers in _split_into_calls(period.batch_numbers):
                    step_logs = train_steps(period.rows, batch_numbers)
                    steps_done += len(batch_numbers)
                    if interrupts:
                        break
                logs = _evaluate_period(model, data, number, step_logs, predict())
                if verbose:
                    print(f"  period {number:02d} : {logs['val_log_loss']:0.2f}", flush=True)
                callback_list.params[STEPS_DONE] = steps_done - steps_before
                is_whole = steps_done == sum(steps_by_period[: number + 1])
                _end_period(callback_list, number, logs, is_whole)
                if model.stop_training or interrupts:
                    break
        except KeyboardInterrupt:  # the second one, or a callback's
            interrupts.append(signal.SIGINT)
            # Steps of the call that was interrupted are not counted yet. A step of a model's own
            # may call the optimizer more or less than once, so its iterations tell nothing.
            if not _has_own_step(model):
                iterations = count_steps(model) - iterations_before
                steps_done = max(steps_done, steps_before + iterations)
        is_stopped = bool(interrupts) and steps_done < n_steps
        may_resume = is_stopped or (bool(interrupts) and not verbose)
        _end_training(model, callback_list, logs, may_resume)

    if interrupts and not verbose:
        raise KeyboardInterrupt
    if is_stopped:
        print(printable(message(f"Training stopped after {steps_done} of {n_steps} steps.")))
    elif verbose:
        print("Model training finished.")
    if verbose and model.history.epoch:
        _show_results(model, steps_done, data)
    return model


def _end_period(
    callback_list: keras.callbacks.CallbackList, number: int, logs: dict[str, Any], is_whole: bool
) -> None:
    """Call the callbacks after a period; no backup takes one that was cut short for done."""
    with nullcontext() if is_whole else change_backups(callback_list, save_freq=None):
        callback_list.on_epoch_end(number, logs)


def _end_training(
    model: keras.Model,
    callback_list: keras.callbacks.CallbackList,
    logs: dict[str, Any],
    may_resume: bool,
) -> None:
    """Set the weights that the optimizer has averaged, and call the callbacks.

    Backups are deleted, unless the same call may resume from them.
    """
    model.optimizer.finalize_variable_values(model.trainable_weights)
    keep = change_backups(callback_list, delete_checkpoint=False)
    with keep if may_resume else nullcontext():
        callback_list.on_train_end(logs)


def _split_into_calls(batch_numbers: Labels) -> Iterator[Labels]:
    """Yield the batch numbers of a period in parts, so that interrupts are noticed between them."""
    for start in range(0, len(batch_numbers), STEPS_AT_ONCE):
        yield batch_numbers[start : start + STEPS_AT_ONCE]


def _has_own_step(model: keras.Model) -> bool:
    """Return whether a model's class defines its training step itself."""
    return type(model).train_step is not keras.Model.train_step


def _compile_functions(
    model: keras.Model, data: Data, batch_size: int
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return a function that runs training steps in one call, and one that predicts both sets.

    The first takes the rows of a period and batch numbers. A call for each step, or a ``tf.data``
    pipeline, would take about twice the time. Keras's own step runs without metrics, and its loss
    is read from the model. A custom step runs as it is, and the logs of the last one are returned.

    The second returns the probabilities of both sets, and the loss of the validation set.
    """
    features, labels, val_features, val_labels = map(tf.convert_to_tensor, data)
    has_own_step = _has_own_step(model)
    keras_step = model.train_step
    if not isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):  # it needs the context
        keras_step = without_replica_context(keras_step)

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def train_step(rows: Any, batch_number: Any) -> Any:
        batch = select_rows(rows, batch_number, batch_size)
        with nullcontext() if has_own_step else without_metrics(model):
            return keras_step((tf.gather(features, batch), tf.gather(labels, batch)))

    def train_steps(rows: Any, batch_numbers: Any) -> Any:
        logs = {}
        if has_own_step:  # before a loop of TensorFlow, logs must have the names that it sets
            logs = train_step(rows, batch_numbers[0])
            batch_numbers = batch_numbers[1:]
        for batch_number in batch_numbers:
            logs = train_step(rows, batch_number)
        return logs

    def predict() -> Any:
        outputs = predict_probabilities(model, features)
        val_outputs = predict_probabilities(model, val_features)
        val_loss = _compute_loss(model, val_features, val_labels, val_outputs, batch_size)
        return outputs, val_outputs, val_loss

    # Variables that are created in a compiled function would cause it to be compiled twice.
    model.optimizer.build(model.trainable_variables)
    if model.run_eagerly:
        return train_steps, predict
    # Without partial(), TensorFlow warns of retracing.
    compiled = partial(tf.function, autograph=False)
    rows_and_numbers = 2 * [tf.TensorSpec([None], tf.int64)]
    compiled_steps = compiled(partial(compile_loop(train_steps)), input_signature=rows_and_numbers)
    compiled_predict = compiled(partial(predict), input_signature=[])
    return compiled_steps, compiled_predict


def _compute_loss(
    model: keras.Model, features: Any, labels: Any, outputs: Any, batch_size: int
) -> Any:
    """Return the compiled loss of a data set, as large as that of a training step."""
    loss = model.compute_loss(x=features, y=labels, y_pred=outputs)
    compiled = model.loss[0] if isinstance(model.loss, list) else model.loss
    if getattr(compiled, "reduction", "") == "sum":
        penalties = sum(model.losses)
        loss = (loss - penalties) * (batch_size / labels.shape[0]) + penalties
    return loss


def _evaluate_period(
    model: keras.Model, data: Data, period: int, step_logs: dict[str, Any], predictions: Any
) -> dict[str, Any]:
    """Return Keras's logs of a period, and the metrics of both sets after it."""
    outputs, val_outputs, val_loss = predictions
    losses = step_logs or {m.name: m.result() for m in model.metrics if m.name == "loss"}
    logs = {name: to_value(value) for name, value in (losses | {"val_loss": val_loss}).items()}
    training = _evaluate(model, data.features, data.labels, outputs, period)
    validation = _evaluate(model, data.val_features, data.val_labels, val_outputs, period)
    return logs | training | {f"val_{name}": value for name, value in validation.items()}


def _evaluate(
    model: keras.Model, features: Features, labels: Labels, outputs: Any, period: int
) -> dict[str, Any]:
    """Return the metrics of a data set after a period; raise a ValueError if training diverged."""
    probabilities = to_float(outputs)
    if not np.isfinite(probabilities).all():
        rate = float(model.optimizer.learning_rate)
        raise ArgumentError(
            f"training diverged in period {period} with learning_rate {rate:g}: lower it"
        )
    predicted_classes = probabilities.argmax(axis=1)
    return compute_other_metrics(model, features, labels, outputs) | {
        "log_loss": metrics.log_loss(labels, predicted_classes),
        "accuracy": float(np.mean(labels == predicted_classes)),
        "cross_entropy": metrics.cross_entropy(labels, probabilities),
    }


def _check_callbacks(callbacks: Any) -> Any:
    """Return callbacks as a list, or raise a TypeError; tell them which metrics should fall."""
    if callbacks is None:
        return []
    callbacks = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ArgumentTypeError(
                "callbacks must list Keras callbacks, such as [keras.callbacks.EarlyStopping()], "
                f"not {callback!r:.100}"
            )
        if getattr(callback, "mode", "") == "auto":  # Keras knows it for compiled metrics alone
            metric = str(getattr(callback, "monitor", "")).removeprefix("val_")
            callback.mode = DIRECTIONS.get(metric, "auto")
    return callbacks


def _prepare_model(model: keras.Model, learning_rate: Any, data: Data) -> None:
    """Compile the model, or set its learning rate; raise an error if it is not a classifier."""
    name = name_model(model)
    first_and_last = [0, -1]  # with a single example, a wrong shape could look right
    features, labels = data.val_features[first_and_last], data.val_labels[first_and_last]
    probabilities = check_classifier(name, model, features)
    if is_distributed(model):
        raise ArgumentError(
            f"{name} belongs to a distribution strategy, but is trained on one device: build and "
            "train it outside the strategy's scope"
        )
    if not model.compiled:
        compile_classification_model(model, learning_rate)
        return
    try:
        model.compute_loss(x=features, y=labels, y_pred=probabilities)
    except Exception as error:  # a custom loss may raise anything
        raise ArgumentError(
            f"{name} is compiled with loss {model.loss!r:.100}, which does not accept labels from "
            "0 to 9: compile it with loss='sparse_categorical_crossentropy'. Keras says: "
            f"{describe_error(error)}"
        ) from None
    if learning_rate is not None:
        rate = arguments.check_positive_number("learning_rate", learning_rate)
        try:
            model.optimizer.learning_rate = rate
        except TypeError:
            raise ArgumentError(
                f"learning_rate is {rate:g}, but {name} is compiled with a learning rate schedule: "
                "pass None to keep the schedule"
            ) from None


def _show_results(model: keras.Model, steps: int, data: Data) -> None:
    """Print the last line of the original's trainers, and show their two figures."""
    from mnist_nn import fonts, plots, rendering  # silent calls do not need Matplotlib and seaborn

    # A callback or the optimizer may have changed the weights after the last period.
    probabilities = np.asarray(predict_probabilities(model, data.val_features))
    predicted_classes = probabilities.argmax(axis=1)
    accuracy = np.mean(data.val_labels == predicted_classes)
    print(f"Final accuracy (on validation data): {accuracy:0.2f}", flush=True)
    matrix = metrics.confusion_matrix(data.val_labels, predicted_classes)
    with fonts.language_font():  # for the steps
        axes = [plots.plot_log_loss(model.history.history), plots.plot_confusion_matrix(matrix)]
    for ax in axes:
        ax.set_title(fonts.figure_text(f"{steps:,} steps"), loc="right", fontsize="medium")
    rendering.show(*axes)
