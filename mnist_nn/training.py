"""The exercise's trainers: one Keras ``fit``, an epoch a period, both sets predicted after each."""

import contextlib
import gc
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from mnist_nn import arguments, metrics
from mnist_nn.arguments import Examples, Features, Labels, Targets
from mnist_nn.keras_backend import keras, tf
from mnist_nn.models import (
    build_linear_model,
    build_nn_model,
    check_classifier,
    compile_classification_model,
    predict_probabilities,
    reason_of,
)
from mnist_nn.sampling import Period, deal_batches, take_batch

# Row numbers and batch numbers.
PERIOD_SIGNATURE = [tf.TensorSpec([None], tf.int64), tf.TensorSpec([None], tf.int64)]

# There is nothing to tune, and the thread that would do it ends slowly.
WITHOUT_AUTOTUNING = tf.data.Options()
WITHOUT_AUTOTUNING.autotune.enabled = False


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
    """Train the linear classifier, and show how the log loss develops.

    Args:
        learning_rate: Learning rate of Adagrad, above 0.
        steps: Number of training steps, over all periods.
        batch_size: Number of examples in a step.
        training_examples: DataFrame or ndarray of shape (n_training, 784): the features.
        training_targets: Series or ndarray of shape (n_training,): the labels, 0 to 9.
        validation_examples: DataFrame or ndarray of shape (n_validation, 784).
        validation_targets: Series or ndarray of shape (n_validation,).
        periods: Number of periods into which the steps are divided, or the number of steps of each.
        callbacks: List of Keras callbacks. To them, a period is an epoch. What is printed and drawn
            is of the last period, also where a callback brings back earlier weights.
        seed: Seed of the batches. The same seed gives the same run on the same machine; without
            one, each run differs.
        verbose: 1 prints the log loss of each period and draws it and the confusion matrix; 0 is
            silent and draws nothing. If it is interrupted, training ends with the period
            that it is in; then 1 shows and returns what was reached, and 0 raises the
            KeyboardInterrupt, so that loops end, too.

    Returns:
        The trained Keras model. Its ``history.history`` holds for each period ``log_loss``,
        ``accuracy`` and ``cross_entropy`` of the training set, and with ``val_`` before the name
        of the validation set. ``loss`` is what Keras itself reports: what training minimises, a
        sum over each batch, in the mean over the period's steps.

    Raises:
        TypeError, ValueError: If an argument cannot work, with its name and what would.
    """
    return train_classification_model(
        build_linear_model(),
        learning_rate,
        steps,
        batch_size,
        training_examples,
        training_targets,
        validation_examples,
        validation_targets,
        periods=periods,
        callbacks=callbacks,
        seed=seed,
        verbose=verbose,
    )


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
    """Train the neural network, and show how the log loss develops.

    ``hidden_units``, ``dropout``, ``batch_normalization``, ``l1`` and ``l2`` are those of
    :func:`mnist_nn.build_nn_model`; ``seed`` is also that of the initial weights. All else is as in
    :func:`train_linear_classification_model`.
    """
    return train_classification_model(
        build_nn_model(
            hidden_units,
            dropout=dropout,
            batch_normalization=batch_normalization,
            l1=l1,
            l2=l2,
            seed=seed,
        ),
        learning_rate,
        steps,
        batch_size,
        training_examples,
        training_targets,
        validation_examples,
        validation_targets,
        periods=periods,
        callbacks=callbacks,
        seed=seed,
        verbose=verbose,
    )


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
    """Train any Keras classifier of 784 pixels, and show how the log loss develops.

    Args:
        model: A Keras model that turns features of shape (n_examples, 784) into probabilities of
            shape (n_examples, 10). If it is not compiled, it is compiled as the original's
            classifiers were; if it is, it keeps its loss and optimizer. Training goes on from the
            weights it has.
        learning_rate: Learning rate of the optimizer, above 0. None keeps the one that a compiled
            model has.

    All else is as in :func:`train_linear_classification_model`; ``seed`` is that of the batches
    alone, since the model has its weights already.
    """
    training = arguments.examples_and_targets("training_", training_examples, training_targets)
    validation = arguments.examples_and_targets(
        "validation_", validation_examples, validation_targets
    )
    arguments.one_of("verbose", verbose, (0, 1))
    callbacks = [] if callbacks is None else callbacks
    if not isinstance(callbacks, list | tuple) or not all(
        isinstance(callback, keras.callbacks.Callback) for callback in callbacks
    ):
        raise TypeError(f"callbacks must be a list of Keras callbacks, not {callbacks!r:.100}")
    periods_dealt = deal_batches(len(training[0]), batch_size, steps, periods, seed)
    _prepare(model, learning_rate, *validation)
    arguments.warn_of_raw_pixels(training_examples=training[0], validation_examples=validation[0])

    evaluation = _PeriodEvaluation(training[1], validation[1], verbose)
    history = keras.callbacks.History()
    # So that the garbage collector does not look through all that was imported, again and again: a
    # look takes a fifth of a second. Where somebody has frozen that already, or switched it off, it
    # stays so.
    freeze = gc.isenabled() and not gc.get_freeze_count()
    with _interrupts_noted() as interrupts:
        try:
            if verbose:
                print("Training model...")
                print("LogLoss error (on validation data):", flush=True)
            model.train_function = TrainFunction(
                model, training, validation[0], batch_size, periods_dealt, evaluation
            )
            if freeze:
                gc.freeze()
            model.fit(
                tf.data.Dataset.range(len(periods_dealt)).with_options(WITHOUT_AUTOTUNING),
                epochs=len(periods_dealt),
                steps_per_epoch=1,  # a call of the train function, which does the period's steps
                shuffle=False,
                callbacks=[evaluation, *callbacks, history, _StopAfterInterrupt(interrupts)],
                verbose=0,
            )
        except KeyboardInterrupt as interrupt:  # the second, or a callback's
            interrupts.append(interrupt)
            _keep_whole_periods(history)
            model.history = history
        finally:
            if freeze:
                gc.unfreeze()
            model.train_function = None  # so that the next fit makes its own

    if interrupts and not verbose:  # silent calls stand in loops and searches, which are to stop
        raise KeyboardInterrupt
    if interrupts:
        finished = len(history.epoch)
        print(f"Training stopped. Periods finished: {finished} of {len(periods_dealt)}.")
    elif verbose:
        print("Model training finished.")
    if verbose and history.history:
        _show_results(model, validation[1], evaluation.predicted_classes)
    return model


@contextlib.contextmanager
def _interrupts_noted() -> Iterator[list[Any]]:
    """Note the first interrupt instead of raising it, in the list that is yielded.

    Raised in the middle of its work, TensorFlow turns it into other errors. The second is raised.
    """
    interrupts: list[Any] = []

    def note(number: int, frame: Any) -> None:
        if interrupts:
            raise KeyboardInterrupt
        interrupts.append(number)

    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield interrupts  # interrupts go elsewhere
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class _StopAfterInterrupt(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Ends training with the period in which an interrupt was noted."""

    def __init__(self, interrupts: list[Any]) -> None:
        super().__init__()
        self.interrupts = interrupts

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.interrupts:
            self.model.stop_training = True


def _keep_whole_periods(history: keras.callbacks.History) -> None:
    """Take out what an interrupted history holds of a period that it holds in part."""
    whole = min(map(len, history.history.values()), default=0)
    history.history = {name: values[:whole] for name, values in history.history.items() if whole}
    history.epoch = [*range(whole)]


class _PeriodEvaluation(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Adds the figures of both whole sets to the history, from ``probabilities`` of each period."""

    def __init__(self, training_targets: Labels, validation_targets: Labels, verbose: int) -> None:
        super().__init__()
        self.targets = {"": training_targets, "val_": validation_targets}
        self.probabilities: list[Features] = []
        self.verbose = verbose

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        for (prefix, targets), probabilities in zip(
            self.targets.items(), self.probabilities, strict=True
        ):
            if not np.isfinite(probabilities).all():
                learning_rate = float(self.model.optimizer.learning_rate.numpy())
                raise ValueError(
                    f"training diverged in period {epoch:02d}: the probabilities are no longer "
                    f"numbers. learning_rate {learning_rate:g} is too high for this model and "
                    "these features: lower it"
                )
            # After the loop these are the validation set's, for the confusion matrix.
            self.predicted_classes = probabilities.argmax(axis=1)
            logs[f"{prefix}log_loss"] = metrics.log_loss(targets, self.predicted_classes)
            logs[f"{prefix}accuracy"] = float(np.mean(targets == self.predicted_classes))
            logs[f"{prefix}cross_entropy"] = metrics.cross_entropy(targets, probabilities)
        if self.verbose:
            print(f"  period {epoch:02d} : {logs['val_log_loss']:0.2f}", flush=True)


class Graph(NamedTuple):
    """A function that trains for a period, and the model whose variables it changes."""

    model: keras.Model
    train_period: Callable[..., list[Any]]


class TrainFunction:
    """A train function for Keras' ``fit`` that does a period in one call: all its steps, and the
    predictions of both sets.

    What ``fit`` iterates over are the numbers of the periods; the batches are gathered here. A
    pipeline that hands on each batch takes as long as half the training.
    """

    def __init__(
        self,
        model: keras.Model,
        training: tuple[Features, Labels],
        validation_features: Features,
        batch_size: int,
        periods_dealt: Sequence[Period],
        evaluation: _PeriodEvaluation,
    ) -> None:
        self.periods_dealt = periods_dealt
        self.evaluation = evaluation
        self.tensors = [tf.convert_to_tensor(part) for part in (*training, validation_features)]
        # Variables made while a function is traced would have it traced twice.
        model.optimizer.build(model.trainable_variables)
        train_period: Callable[..., list[Any]] = partial(_train_period, model, batch_size)
        if not isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):  # needs a replica
            train_period = partial(_without_replicas, train_period)
        if not model.run_eagerly:
            # AutoGraph would leave files in the temporary folder.
            # As arguments, not as constants of the function, the large tensors are freed at once.
            signature = [*map(tf.TensorSpec.from_tensor, self.tensors), *PERIOD_SIGNATURE]
            train_period = tf.function(train_period, input_signature=signature, autograph=False)
        self.graph = Graph(model, train_period)

    def __call__(self, iterator: Any) -> dict[str, Any]:
        period = self.periods_dealt[int(next(iterator))]
        numbers = [tf.convert_to_tensor(part, tf.int64) for part in period]
        probabilities = self.graph.train_period(*self.tensors, *numbers)
        self.evaluation.probabilities = [np.asarray(part, np.float32) for part in probabilities]
        results: dict[str, Any] = self.graph.model.get_metrics_result()
        return results

    def use(self, graph: Graph) -> None:
        """Train with the graph of a model that is built and compiled alike, from the weights and
        settings that ``fit``'s own model has now. That one stays as it is, and so does the ``loss``
        in its history.
        """
        for variable, own in zip(_state(graph.model), _state(self.graph.model), strict=True):
            variable.assign(own)
        self.graph = graph


def _state(model: keras.Model) -> list[keras.Variable]:
    """Return what training reads and changes: weights, seeds, learning rate, sums of squares."""
    return [*model.variables, *model.optimizer.variables]


def _without_replicas(function: Callable[..., Any], *tensors: Any) -> Any:
    """Call a function where TensorFlow knows of no replicas.

    To sum gradients over replicas, be there but one, Keras' optimizers call what TensorFlow
    registers for good, and with it the graph: 3 MB more with each training call.
    """
    replica_context = tf.distribute.get_replica_context()
    return replica_context.merge_call(lambda strategy: function(*tensors))


def _train_period(
    model: keras.Model,
    batch_size: int,
    features: Any,
    labels: Any,
    validation_features: Any,
    rows: Any,
    batch_numbers: Any,
) -> list[Any]:
    """Train for a period, and return the probabilities of both sets after it, as tensors."""

    def train_step(step: Any) -> tuple[Any]:
        model.train_step(take_batch(features, labels, rows, batch_numbers[step], batch_size))
        return (step + 1,)

    tf.while_loop(lambda step: step < tf.size(batch_numbers), train_step, (tf.constant(0),))
    return [predict_probabilities(model, part) for part in (features, validation_features)]


def _prepare(
    model: keras.Model, learning_rate: float | None, features: Features, targets: Labels
) -> None:
    """Compile the model, or set its learning rate; raise an error if it is no such classifier."""
    two = [0, -1]  # as one example, wrong shapes could pass for right ones
    name = f"model {getattr(model, 'name', '')!r}"
    here = tf.distribute.get_strategy()  # a model that was built in another's scope keeps that
    if tf.distribute.has_strategy() or getattr(model, "distribute_strategy", here) is not here:
        raise ValueError(
            f"{name} belongs to a strategy of tf.distribute, but is to train on one device: build "
            "and train it outside of strategy.scope()"
        )
    probabilities = check_classifier("model", name, model, features[two])
    if not model.compiled:
        if learning_rate is None:
            raise ValueError(
                f"learning_rate is None, but model {model.name!r} is not compiled: give a "
                "number, such as 0.05, or compile the model"
            )
        compile_classification_model(model, learning_rate)
        return
    try:
        keras.losses.get(model.loss)(targets[two], probabilities)
    except Exception as error:  # Keras' and custom losses raise anything
        raise ValueError(
            f"model {model.name!r} is compiled with loss {model.loss!r}, which cannot take labels "
            "from 0 to 9: compile it with loss='sparse_categorical_crossentropy'. Keras says: "
            f"{reason_of(error)}"
        ) from None
    if learning_rate is not None:
        try:
            model.optimizer.learning_rate = arguments.positive_number(
                "learning_rate", learning_rate
            )
        except TypeError:
            raise ValueError(
                f"learning_rate is {learning_rate!r}, but the optimizer of model {model.name!r} "
                "has a schedule of its own: give None to keep it"
            ) from None


def _show_results(model: keras.Model, targets: Labels, predicted_classes: Labels) -> None:
    """Print the last lines of the original's trainers, and show their two figures."""
    from mnist_nn import plots  # takes long to import, which worker processes save

    history = model.history.history
    print(f"Final accuracy (on validation data): {history['val_accuracy'][-1]:0.2f}", flush=True)
    plots.plot_log_loss(history)
    plots.plot_confusion_matrix(metrics.confusion_matrix(targets, predicted_classes))
    plots.show_figures()
