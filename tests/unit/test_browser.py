"""The page that trains in the browser computes, samples and refuses as Python does."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from node import pack, run_node
from precision import precision

import mnist_nn
from mnist_nn import checks, measurement, models, sampling
from mnist_nn.arguments import check_hidden_units, check_positive_number
from mnist_nn.language import PLACEHOLDER
from notebooks.languages import read_texts
from notebooks.site.live import export as live_export
from notebooks.site.train import export

ROWS = 500
TRAIN = """
const digits = training.readDigits(Uint8Array.from(bytes));
const layers = training.createLayers(hiddenUnits);
layers.forEach((layer, n) => layer.weights.set(weights[n]));
for (const rows of batches) training.trainStep(layers, digits, rows, rate);
const rows = Uint32Array.from(digits.labels, (_, row) => row);
const figures = training.evaluate(layers, digits, rows);
return { ...figures, weights: layers.map(({ weights }) => Array.from(weights)) };
"""


@pytest.mark.parametrize("hidden_units", [[], [100, 100]])
@precision("float64")
def test_weights_after_100_steps_are_those_of_python(
    hidden_units: list[int], train_table: pd.DataFrame
) -> None:
    table = train_table[:ROWS]
    labels, features = map(np.asarray, mnist_nn.parse_labels_and_features(table))
    linear = mnist_nn.build_linear_model
    model = mnist_nn.build_nn_model(hidden_units, seed=0) if hidden_units else linear()
    start = model.get_weights()
    batches = [
        sampling.select_rows(period.rows, number, 30)
        for period in sampling.sample_batches(ROWS, 30, [10] * 10, seed=0)
        for number in period.batch_numbers
    ]
    assert {len(rows) for rows in batches} == {30, 20}
    mnist_nn.compile_classification_model(model, 0.05)
    for rows in batches:
        model.train_on_batch(features[rows], labels[rows])

    found = run_node(
        TRAIN,
        bytes=pack(table.loc[:, 1:784], labels),
        hiddenUnits=hidden_units,
        weights=[
            list(np.ravel(np.vstack(pair))) for pair in zip(start[::2], start[1::2], strict=True)
        ],
        batches=[rows.tolist() for rows in batches],
        rate=0.05,
    )
    ours = model.get_weights()
    for pair, layer in zip(zip(ours[::2], ours[1::2], strict=True), found["weights"], strict=True):
        np.testing.assert_allclose(layer, np.ravel(np.vstack(pair)), rtol=0, atol=1e-10)
    classes = np.asarray(models.predict_probabilities(model, features)).argmax(axis=1)
    assert found["logLoss"] == pytest.approx(mnist_nn.log_loss(labels, classes), abs=1e-12)
    assert found["accuracy"] == np.mean(labels == classes)
    np.testing.assert_allclose(found["matrix"], mnist_nn.confusion_matrix(labels, classes))


def test_wrong_settings_get_the_sentences_of_python() -> None:
    cases: list[tuple[str, str, Any]] = [
        *(("learning_rate", text, float(text)) for text in ("-0.1", "1e+39", "1e-40")),
        *(("learning_rate", text, text) for text in ("0,05", "fast", "")),
        *(
            (name, text, float(text))
            for name in ("steps", "batch_size")
            for text in ("-0.5", "2.5")
        ),
        *((name, text, int(text)) for name in ("steps", "batch_size") for text in ("0", "-5")),
        *(("steps", text, text) for text in ("1,000", "many", "")),
        ("steps", "9", 9),
        ("batch_size", "7501", 7501),
        ("hidden_units", "[100, 0]", [100, 0]),
        ("hidden_units", "100 2.5", [100, 2.5]),
        ("hidden_units", "ten", ["ten"]),
        ("hidden_units", "", []),
    ]
    check: dict[str, Callable[[Any], Any]] = {
        "learning_rate": lambda value: check_positive_number("learning_rate", value),
        "steps": lambda value: sampling.split_steps(value, 10),
        "batch_size": lambda value: sampling.sample_batches(7_500, value, [1] * 10, seed=0),
        "hidden_units": check_hidden_units,
    }
    code = """
    const right = { model: "network", learning_rate: "0.05", steps: "10", batch_size: "7500" };
    Object.assign(right, { hidden_units: "[100, 100]" });
    return [right, ...cases.map(([name, text]) => ({ ...right, [name]: text }))].map(
      (given) => settings.checkSettings(given, { texts, ...numbers }).errors,
    );
    """
    texts = export.make_texts("en")
    right, *found = run_node(code, cases=cases, texts=texts, numbers=export.NUMBERS)
    assert right == {}
    for (name, _, value), errors in zip(cases, found, strict=True):
        with pytest.raises(ValueError, match=name) as error:
            check[name](value)
        assert errors == {name: str(error.value)}


def test_runs_get_the_hints_of_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    check = {"linear": checks.check_linear_classifier, "network": checks.check_network}
    units: list[list[int]] = [[], [20, 20], [100, 100]]
    runs: list[dict[str, Any]] = [
        {"model": "network" if hidden else "linear", "hidden_units": hidden, "learning_rate": rate}
        for hidden in units
        for rate in (0.01, 0.02, 0.15, 0.2)
    ]
    code = "return runs.map((run) => shares.map((a) => settings.judge(run, a, data)));"
    shares = [0.7, 0.8799, 0.88, 0.9496, 0.95, 0.96]
    texts = export.make_texts("en")
    data = {"texts": texts, **export.NUMBERS}
    found = run_node(code, runs=runs, shares=shares, data=data)
    for run, judged in zip(runs, found, strict=True):
        hidden = run["hidden_units"]
        model = models.build_nn_model(hidden) if hidden else models.build_linear_model()
        models.compile_classification_model(model, run["learning_rate"])
        model.optimizer.iterations.assign(1)
        for share, (text, is_good) in zip(shares, judged, strict=True):
            found = measurement.Accuracy(share, 1)
            measure = lambda *_, found=found, **__: found  # noqa: E731
            monkeypatch.setattr(measurement.MeasuredModel, "measure", measure)
            result = check[run["model"]](model, np.zeros((1, 784)), np.zeros(1))
            said = [result.message, texts[f"next_{run['model']}"]][: 1 + result.passed]
            assert (text, is_good) == (" ".join(said), result.passed)


def test_training_has_ten_periods_ends_when_stopped_and_tells_divergence() -> None:
    rng = np.random.default_rng(0)
    labels, pixels = np.arange(40) % 10, rng.integers(256, size=(40, 784))
    code = """
    const digits = training.readDigits(Uint8Array.from(bytes));
    const rows = Uint32Array.from(digits.labels, (_, row) => row);
    const sets = [rows.subarray(0, 30), rows.subarray(30)];
    return [[0.05, Infinity], [0.05, 13], [1e300, Infinity]].map(([rate, most]) => {
      const layers = training.createLayers([20, 20]);
      const start = Math.max(...layers[0].weights);
      const settings = { learning_rate: rate, steps: 25, batch_size: 10 };
      const run = training.train(layers, digits, sets, settings);
      const found = [];
      for (let next; (next = run.next((found.at(-1)?.done ?? 0) >= most).value); ) found.push(next);
      const periods = found.filter((each) => "period" in each);
      const done = periods.map((each) => each.done);
      return { ...periods.at(-1), steps: found.length - periods.length, done, start };
    });
    """
    whole, stopped, diverged = run_node(code, bytes=pack(pixels, labels))
    assert (whole["steps"], whole["done"]) == (25, [3, 6, 9, 12, 15, 17, 19, 21, 23, 25])
    assert whole["start"] == pytest.approx(np.sqrt(6 / (784 + 20)), rel=0.01)
    assert whole["logLoss"] == pytest.approx(34.54 * (1 - whole["accuracy"]), abs=0.01)
    assert (stopped["steps"], stopped["done"]) == (13, [3, 6, 9, 12, 13])
    assert diverged["hasDiverged"]
    assert diverged["done"] == [3]


def test_order_of_rows_is_new_each_time() -> None:
    one, other = run_node(
        "return [0, 0].map(() => [...sampling.permute(Uint32Array.from(rows))]);",
        rows=[*range(100)],
    )
    assert sorted(one) == sorted(other) == [*range(100)]
    assert len({tuple(one), tuple(other), tuple(range(100))}) == 3


def test_sentences_of_the_page_are_in_the_package() -> None:
    texts = {PLACEHOLDER.sub("{}", text) for text in read_texts()}
    assert {PLACEHOLDER.sub("{}", text) for text in export.MESSAGES.values()} <= texts


def test_batch_numbers_and_periods_are_those_of_python() -> None:
    n_batches, n_steps = 250, 15_000  # the buffer holds 10,000
    code = """
    Math.random = () => (draws.shift() + 0.5) / 10_000;
    const numbers = sampling.sampleBatchNumbers(nBatches);
    return [draws.map(() => 0).map(() => numbers.next().value), sampling.splitSteps(1234, 10)];
    """
    draws = np.random.default_rng(0).integers(10_000, size=n_steps).tolist()
    numbers, steps = run_node(code, draws=draws, nBatches=n_batches)
    expected = sampling.sample_batch_numbers(n_batches, n_steps, np.random.default_rng(0))
    assert numbers == expected.tolist()
    assert steps == sampling.split_steps(1234, 10)


def test_training_plays_once_if_it_is_started_during_the_demo() -> None:
    code = """
    const toUrl = (text) => `data:text/javascript,${encodeURIComponent(text)}`;
    const demo = "export const playDemo = (show) => { globalThis.show = show; return () => {}; };";
    const { createPlayback } = await import(toUrl(source.replace("./demo.js", toUrl(demo))));
    const timers = new Set();
    globalThis.setInterval = (go) => (timers.add(go), go);
    globalThis.clearInterval = (go) => timers.delete(go);
    const slider = Object.assign(new EventTarget(), { value: 0, max: 7 });
    const moveTo = (moment) => (slider.value = moment);
    const [setStrokes, update] = [() => {}, () => {}];
    const page = { slider, button: {}, texts: {}, setStrokes, moveTo, update };
    const playback = createPlayback(page);
    playback.startDemo();
    playback.startTraining();
    globalThis.show([], true);
    const count = timers.size;
    playback.stopTraining();
    const stopped = timers.size;
    createPlayback(page).startDemo();
    slider.dispatchEvent(new Event("input")); // the visitor moves it
    globalThis.show([], true);
    return [count, stopped, timers.size];
    """
    source = (live_export.HERE / "playback.js").read_text("utf-8")
    assert run_node(code, source=source) == [1, 0, 0]
