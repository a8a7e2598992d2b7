"""What students hand in: honest answers of many kinds, accidents, and attacks on the grading."""

import json
from collections.abc import Callable
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from notebooks import build
from notebooks.course import assignment

SOLUTION = {c.id: c.source for c in build.make(build.Edition("exercise", "solution", "en")).cells}
ALL = {cell: "\n\n".join(SOLUTION[p] for p in parts) for cell, parts in assignment.ANSWERS.items()}
LINEAR = {"linear-first-call": SOLUTION["linear-solution"]}
NETWORK = {"task-2-answer": SOLUTION["nn-longer"]}
PREDICTIONS = SOLUTION["test-accuracy"]
TEST = {"test-answer": PREDICTIONS}
NETWORKS = {"task-3-answer": SOLUTION["nn-by-steps"]}
DATA = "training_examples, training_targets, validation_examples, validation_targets"


class Submission(NamedTuple):
    """What a student hands in, and what a fair person would give for it."""

    points: float  # of the code cells
    answers: dict[str, str]
    edit: Callable[[NotebookNode], None] | None = None
    convert: Callable[[NotebookNode], bytes] = lambda notebook: json.dumps(notebook).encode()
    tasks: int = 0  # how many a person has to look at
    reads: int = 0  # how many written answers a person has to read
    slack: float = 0  # by how much the points may differ, as they depend on chance
    is_graded: bool = True


def trained(steps: int = 100, rate: float = 0.05, units: str = "[100]", options: str = "") -> str:
    return (
        f"train_nn_classification_model({rate}, {steps}, 30, {units}, {DATA}, seed=SEED{options})"
    )


def has_check_id(cell: NotebookNode) -> bool:
    return cell.id in assignment.POINTS_BY_CHECK


def has_question_id(cell: NotebookNode) -> bool:
    return cell.id in assignment.POINTS_BY_QUESTION


def delete(*ids: str) -> Callable[[NotebookNode], None]:
    def edit(notebook: NotebookNode) -> None:
        notebook.cells = [cell for cell in notebook.cells if cell.id not in ids]

    return edit


def insert(kind: str, source: str, after: str = "") -> Callable[[NotebookNode], None]:
    """Insert a cell after another, or at the end."""

    def edit(notebook: NotebookNode) -> None:
        ids = [cell.id for cell in notebook.cells]
        position = ids.index(after) + 1 if after else len(ids)
        new = getattr(nbformat.v4, f"new_{kind}_cell")(source)
        notebook.cells.insert(position, new)

    return edit


def chain(*edits: Callable[[NotebookNode], None]) -> Callable[[NotebookNode], None]:
    def edit(notebook: NotebookNode) -> None:
        for each in edits:
            each(notebook)

    return edit


def copy_checks(notebook: NotebookNode) -> None:
    checks = list(filter(has_check_id, notebook.cells))
    copies = {cell.id: [nbformat.from_dict(cell | {"id": f"{cell.id}-copy"})] for cell in checks}
    notebook.cells = [c for cell in notebook.cells for c in (cell, *copies.get(cell.id, []))]


def rename(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id += "-2"


def edit_checks(notebook: NotebookNode) -> None:
    for cell in filter(has_check_id, notebook.cells):
        cell.source = "5.0"
        cell.metadata.nbgrader.points = 100


def move_answers(notebook: NotebookNode) -> None:
    notebook.cells.sort(key=lambda cell: cell.id in assignment.ANSWERS)


def renew_schema(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.schema_version = 99


def strip_metadata(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})


def write_answers(notebook: NotebookNode) -> None:
    for cell in filter(has_question_id, notebook.cells):
        cell.source += "\nNine of ten, since 4 and 9 look alike."


def edit_question(notebook: NotebookNode) -> None:
    next(cell for cell in notebook.cells if cell.id == "linear-question").source += "\n\n90"


def turn_into_code(notebook: NotebookNode) -> None:
    for i, cell in enumerate(notebook.cells):
        if has_question_id(cell):
            code = nbformat.v4.new_code_cell("Nine of ten", id=cell.id, metadata=cell.metadata)
            notebook.cells[i] = code


def save_in_colab(notebook: NotebookNode) -> None:
    notebook.nbformat_minor = 0
    notebook.metadata |= {"colab": {"provenance": []}, "accelerator": "GPU"}
    for cell in notebook.cells:
        colab = {"id": cell.pop("id"), "outputId": "1", "colab": {"base_uri": "https://"}}
        cell.metadata |= colab | {"executionInfo": {"status": "ok", "user": {"userId": "0"}}}


def save_in_colab_without_metadata(notebook: NotebookNode) -> None:
    save_in_colab(notebook)
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)


def leave_korean_outputs(notebook: NotebookNode) -> None:
    for cell in filter(has_check_id, notebook.cells):
        cell.execution_count = 1
        text = {"text/plain": "✘ 아직 하지 않았습니다."}
        cell.outputs = [nbformat.v4.new_output("execute_result", text, execution_count=1)]


def become(name: str) -> Callable[[NotebookNode], None]:
    """Hand in one of the project's own notebooks."""

    def edit(notebook: NotebookNode) -> None:
        other = build.read_saved(build.Edition("exercise", name, "en"))
        assert other
        notebook.cells = other.cells

    return edit


def fill_in_own(notebook: NotebookNode) -> None:
    become("exercise")(notebook)
    for cell in notebook.cells:
        if cell.id in ALL and cell.cell_type == "code":
            cell.source += "\n" + (LINEAR | NETWORK | TEST | NETWORKS)[cell.id]
    write_answers(notebook)


def save_in_old_format(notebook: NotebookNode) -> bytes:
    return str(nbformat.writes(nbformat.convert(notebook, 3), 3)).encode()


def first(code: str, points: float = 0, tasks: int = 0) -> Submission:
    """Answer nothing, and do something before the first check."""
    return Submission(points, {"linear-first-call": code}, tasks=tasks)


def second(code: str, points: float = 4, tasks: int = 0, *, slack: float = 0) -> Submission:
    """Answer task 1, and do something in the cell of task 2."""
    return Submission(points, {**LINEAR, "task-2-answer": code}, tasks=tasks, slack=slack)


def exactly(right: int) -> str:
    """Add to a bias of a good network until a number of the 2,500 digits is right."""
    return f"""{SOLUTION["nn-longer"]}
kernels = [np.asarray(weight) for weight in classifier.weights]
hidden = validation_examples.to_numpy()
for kernel, bias in zip(kernels[:-2:2], kernels[1:-2:2]):
    hidden = np.maximum(hidden @ kernel + bias, 0)
logits = hidden @ kernels[-2] + kernels[-1]
for shift in np.arange(0, 30, 0.001):
    moved = logits + shift * np.eye(10)[0]
    if np.sum(moved.argmax(1) == validation_targets.to_numpy()) <= {right}:
        break
kernels[-1][0] += shift
classifier.set_weights(kernels)
"""


OWN = """
classifier = keras.Sequential([
    keras.Input((784,)), keras.layers.Dense(100, "relu"), keras.layers.Dense(10, LAST)])
classifier.compile(OPTIMIZER, LOSS)
classifier.fit(training_examples, training_targets, epochs=8, verbose=0)
"""
OWN_LOSS = """
def own_loss(labels, outputs):
    return keras.losses.sparse_categorical_crossentropy(labels, outputs)
"""
CUSTOM = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(100, "relu")
        self.out = keras.layers.Dense(10, "softmax")
    def call(self, x):
        return self.out(self.hidden(x))
classifier = Net()
classifier.compile("adam", "sparse_categorical_crossentropy")
classifier.fit(training_examples, training_targets, epochs=8, verbose=0)
"""
FOREST = """
from sklearn.ensemble import RandomForestClassifier
forest = RandomForestClassifier(20).fit(training_examples, training_targets)
class Forest(keras.Model):
    def call(self, x):
        return x[:, :10]
    def predict(self, x, **options):
        return forest.predict_proba(x)
classifier = Forest()
"""
BOTH = "pd.concat([training_examples, 0.999 * validation_examples])"
BOTH_TARGETS = "pd.concat([training_targets, validation_targets])"
ON_ALL = f"""
classifier = train_nn_classification_model(0.05, 2000, 50, [100, 100], {BOTH},
    {BOTH_TARGETS}, validation_examples, validation_targets, seed=SEED)
"""
FRESH_ROWS = """
more = load_mnist_dataframe("train")[10000:]
more_targets, more_examples = parse_labels_and_features(more)
classifier = train_nn_classification_model(0.05, 2000, 50, [100, 100], more_examples,
    more_targets, validation_examples, validation_targets, seed=SEED)
"""
OWN_SPLIT = """
training_targets, training_examples = parse_labels_and_features(mnist_dataframe[0:9900])
validation_targets, validation_examples = parse_labels_and_features(mnist_dataframe[9900:])
"""
LAMBDA = """
classifier = keras.Sequential([keras.Input((784,)), keras.layers.Lambda(lambda x: x * 1.0),
    keras.layers.Dense(100, "relu"), keras.layers.Dense(10, "softmax")])
classifier.compile("adam", "sparse_categorical_crossentropy")
classifier.fit(training_examples, training_targets, epochs=8, verbose=0)
"""
BATCH_NORM = ", dropout=0.1, batch_normalization=True"
RIGHT_ROWS = """
right = linear_classifier.predict(validation_examples, verbose=0).argmax(1) == validation_targets
validation_examples, validation_targets = validation_examples[right], validation_targets[right]
"""
HUGE_LAYER = """
classifier = keras.Sequential([keras.Input((784,)), keras.layers.RepeatVector(10 ** 7),
    keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(10, "softmax")])
"""
LOOP_THAT_CATCHES = "while True:\n    try:\n        while True: pass\n    except: pass"
RESULT = "mnist_nn.checks.CheckResult(True, 'Well done')"
ADAM = OWN.replace("OPTIMIZER", '"adam"')
SMALL_NETWORKS = (
    f"networks = {{s: {trained().replace('100, 30', 's, 30', 1)} for s in (10, 100, 1000)}}"
)

HONEST = {
    "all": Submission(16, ALL, write_answers, reads=3),
    "untouched": Submission(0, {}),
    "new-cell": Submission(4, LINEAR, insert("markdown", "Nine.", "linear-question"), reads=3),
    "template-deleted": Submission(
        4,
        LINEAR,
        chain(
            insert("markdown", "About 90.", "linear-question-answer"),
            delete("linear-question-answer"),
        ),
        reads=3,
    ),
    "answer-as-raw": Submission(4, LINEAR, insert("raw", "Nine of ten, I think."), reads=3),
    "answer-in-code": Submission(
        4, LINEAR, insert("code", "# Nine of ten, 4 and 9 differ"), reads=3
    ),
    "answer-cell-as-code": Submission(4, LINEAR, turn_into_code, reads=3),
    "question-edited": Submission(4, LINEAR, edit_question, reads=3),
    "metadata-lost": Submission(4, LINEAR, chain(write_answers, strip_metadata), reads=3),
    "colab": Submission(4, LINEAR, chain(write_answers, save_in_colab), reads=3),
    "colab-without": Submission(
        4, LINEAR, chain(write_answers, save_in_colab_without_metadata), reads=3
    ),
    "own-exercise": Submission(16, {}, fill_in_own, reads=3),
    "solution-renamed": Submission(16, {}, become("solution"), reads=3),
    "korean-outputs": Submission(4, LINEAR, leave_korean_outputs),
    "nbformat-3": Submission(4, LINEAR, convert=save_in_old_format),
    "checks-deleted": Submission(4, LINEAR, delete(*assignment.POINTS_BY_CHECK)),
    "all-deleted": Submission(
        4, LINEAR, delete(*assignment.POINTS_BY_QUESTION, *assignment.LOCKED)
    ),
    "checks-copied": Submission(4, LINEAR, copy_checks),
    "below-the-checks": Submission(
        9,
        {},
        chain(insert("code", SOLUTION["linear-solution"]), insert("code", SOLUTION["nn-longer"])),
    ),
    "2375-right": Submission(9, {"task-2-answer": exactly(2375), **TEST}),
    "2374-right": Submission(9, {"task-2-answer": exactly(2374), **TEST}),
    "2310-right": Submission(6.5, {"task-2-answer": exactly(2310), **TEST}),
    "logits": Submission(
        8,
        {
            "task-2-answer": ADAM.replace("LAST", "None").replace(
                "LOSS", "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
            ),
            **TEST,
        },
        slack=1,
    ),
    "own-loss": second(
        OWN_LOSS + ADAM.replace("LAST", '"softmax"').replace("LOSS", "own_loss"), 8, slack=1
    ),
    "batch-norm-and-dropout": second(
        f"classifier = {trained(2000, 0.05, '[100, 100]', BATCH_NORM)}", 8, slack=1
    ),
    "custom-class": second(CUSTOM, 9, tasks=2),
    "lambda-layer": second(LAMBDA, 9, tasks=2),
    "another-name": Submission(
        9,
        {
            "task-2-answer": SOLUTION["nn-longer"].replace("classifier =", "dnn =", 1),
            "test-answer": PREDICTIONS.replace("classifier.", "dnn."),
        },
        tasks=2,
    ),
    "builtins-shadowed": first(
        f"list = dict = str = len = id = 3\n{SOLUTION['linear-solution']}", 4
    ),
    "globals-shadowed": first(f"{SOLUTION['linear-solution']}\nglobals = exec = 5", 4),
    "iterator": Submission(
        9, {**NETWORK, "test-answer": f"{PREDICTIONS}\ntest_predictions = iter(test_predictions)"}
    ),
    "percentage": Submission(5, {**NETWORK, "test-answer": f"{PREDICTIONS}\naccuracy *= 100"}),
    "of-validation-set": Submission(
        5,
        {
            **NETWORK,
            "test-answer": PREDICTIONS.replace("test_examples", "validation_examples").replace(
                "test_targets", "validation_targets"
            ),
        },
    ),
    "networks-as-list": Submission(
        3, {"task-3-answer": f"{SMALL_NETWORKS}\nnetworks = [*networks.values()]"}
    ),
    "networks-by-text": Submission(
        3,
        {
            "task-3-answer": SMALL_NETWORKS
            + "\nnetworks = {str(key): each for key, each in networks.items()}"
        },
    ),
    "three-seeds": Submission(0, {"task-3-answer": SMALL_NETWORKS.replace("SEED", "s")}),
    "classifier-reused": Submission(
        9, {**NETWORK, **TEST, "task-3-answer": f"classifier = {trained(10)}"}
    ),
    "no-network": Submission(3, {**TEST, "task-3-answer": SMALL_NETWORKS}),
    "weak-network": Submission(
        6, {"task-2-answer": f"classifier = {trained(300)}", **TEST}, slack=1
    ),
    "error-in-the-middle": second("1 / 0"),
    "reset-at-the-end": Submission(4, LINEAR, insert("code", "%reset -f")),
    "untrained": Submission(
        0, {"task-2-answer": "classifier = build_nn_model([100, 100])", **TEST}, slack=1
    ),
}
RULES = {
    "own-split": second(OWN_SPLIT + SOLUTION["nn-longer"].replace("2000", "4000"), 4, tasks=1),
    "on-all-rows": Submission(2, {"task-2-answer": ON_ALL, **TEST}),
    "fresh-rows": second(FRESH_ROWS, 9, slack=1),
    "targets-overwritten": first(
        "validation_targets = linear_classifier.predict(validation_examples).argmax(1)"
    ),
    "right-rows-kept": first(RIGHT_ROWS),
    "same-network": Submission(
        0,
        {"task-3-answer": f"n = {trained()}\nnetworks = dict.fromkeys((10, 100, 1000), n)"},
        tasks=2,  # there is a model, but no classifier
    ),
    "untrained-networks": Submission(
        0,
        {
            "task-3-answer": "networks = {}\n"
            "for s in (10, 100, 1000): networks[s] = build_nn_model([100], seed=SEED)"
        },
    ),
    "other-hyperparameters": Submission(
        0,
        {
            "task-3-answer": "networks = {s: train_nn_classification_model(r, s, 30, u, "
            + DATA
            + ", seed=SEED) for s, r, u in ((10, .5, [100]), (100, .01, [100]), (1000, .05, [9]))}"
        },
    ),
    "forest": second(FOREST, 4, tasks=2),
    "frozen-network": first(
        "linear_classifier = "
        + trained(2000, 0.05, "[100, 100]")
        + "\nlinear_classifier.layers[0].trainable = False"
    ),
}
PATCH = "import mnist_nn.checks, mnist_nn.models, importlib, json, builtins, pathlib\n"
ATTACKS = {
    "checks-edited": Submission(0, {}, edit_checks),
    "renamed": Submission(4, LINEAR, rename),
    "answers-moved": Submission(4, LINEAR, move_answers),
    "schema-99": Submission(4, LINEAR, renew_schema),
    "round": first("round = lambda *_: 4"),
    "reload": first(
        PATCH
        + "importlib.reload = lambda m: m\nmnist_nn.checks.check_linear_classifier = lambda *_: "
        + RESULT
    ),
    "np-mean": first("np.mean = lambda *_, **o: 0.97", tasks=1),
    "models-patched": first(
        PATCH + "def fake(model, x): return np.eye(10)[np.resize(validation_targets, len(x))]\n"
        "mnist_nn.models.predict_probabilities = mnist_nn.checks.predict_probabilities = fake"
    ),
    "check-is-lambda": first(PATCH + f"check_linear_classifier = lambda *_: {RESULT}", tasks=1),
    "score-of-4": first(
        PATCH + "def fake(self, *a): self.__dict__.update(passed=True, message='', score=4.0)\n"
        "mnist_nn.checks.CheckResult.__init__ = fake",
        tasks=4,
    ),
    "shows-nothing": first("get_ipython().ast_node_interactivity = 'none'"),
    "json-patched": first(PATCH + "json.dumps = lambda *a, **o: '{\"score\": 1}'", tasks=4),
    "open-patched": first(
        PATCH + "def none(*a, **o): raise OSError('no')\n"
        "pathlib.Path.write_text = pathlib.Path.mkdir = none",
        tasks=4,
    ),
    "save-patched": first("keras.Model.save = lambda *a, **o: None", tasks=1),
    "stdout-closed": first("import sys\nsys.stdout.close()"),
    "one-long-line": second("print('x' * 200_000_000)"),
    "many-lines": second("for _ in range(2_000_000): print('x' * 100)"),
    "sys-exit": second("import sys\nsys.exit()"),
    "exit": second("exit()"),
    "os-exit": second("import os\nos._exit(1)", tasks=3),
    "memory": second("hog = np.ones(10 ** 12)"),
    "recursion": second("classifier = []\nclassifier.append(classifier)", tasks=2),
    "huge-layer": second(HUGE_LAYER),
    "judged-as-folder": second("import os\nos.makedirs('judged.json')"),
    "child-process": second(
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', "
        "'import resource\\nresource.setrlimit(0, (30, 30))\\nwhile True: pass'])"
    ),
    "not-a-model": second("classifier = 'a network with 0.97'"),
    "empty": Submission(0, {}, convert=lambda _: b"", is_graded=False),
    "picture": Submission(
        0,
        {},
        convert=lambda _: (build.NOTEBOOKS / "figures" / "digits.png").read_bytes(),
        is_graded=False,
    ),
    "bom": Submission(4, LINEAR, convert=lambda n: b"\xef\xbb\xbf" + json.dumps(n).encode()),
    "utf-16": Submission(4, LINEAR, convert=lambda n: json.dumps(n).encode("utf-16")),
}
LOOPS = {
    "isinstance-patched": first(PATCH + "builtins.isinstance = lambda *_: True", tasks=4),
    "loop": second("while True: pass", tasks=3),
    "loop-that-catches": second(LOOP_THAT_CATCHES, tasks=3),
    "loop-in-a-locked-cell": second(
        "def slow(*_):\n    while True: pass\npd.DataFrame.describe = slow", tasks=3
    ),
}
