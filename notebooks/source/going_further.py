# %% [markdown] id="title"
# # Going further: see what the networks learned
#
# The exercise asks: which digits get mixed up? What do ten, a hundred and a thousand steps change? How
# far do the two models differ? The pictures here answer these questions, and a few more: how much of it
# is luck, for one.
#
# **What you will do and learn**
#
# - Watch weights turn from noise into strokes.
# - Look at the digits that the models get wrong, and compare the models digit by digit.
# - See how much an accuracy means when a run is a draw and a validation set is small.
# - Compare the two log losses, learning curves, and ways to begin.
# - Search for good settings, and see why the best of them looks better than it is.
# - Draw digits yourself, and see why it matters how data are prepared.
# - See how far a network can get on 7,500 examples.
#
# There is nothing to fill in: run the cells, change what you like, and look. It takes half an hour to
# read; the cells before "How good can it get?" run for two or three minutes.

# %% id="install" generated="install"
# Written by notebooks/build.py.

# %% [markdown] id="setup"
# ## Setup
#
# The data and the split are those of the exercise. `data` holds the four tables that every training
# call takes, so that `**data` hands them over; `verbose=0` keeps the calls silent. What they would have
# printed is in `history.history` of the trained model.

# %% id="load"
import os

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML
from scipy.ndimage import map_coordinates

from mnist_nn import (
    confusion_matrix,
    load_mnist_dataframe,
    parse_labels_and_features,
    plot_digit,
    plot_log_loss,
    set_language,
    show_figures,
    train_classification_model,
    train_linear_classification_model,
    train_nn_classification_model,
)
from mnist_nn.analysis import (
    KeepWeights,
    animate_weights,
    compare_predictions,
    confident_mistakes,
    confused_pairs,
    count_dead_units,
    plot_accuracies,
    plot_confusion_difference,
    plot_cross_entropy,
    plot_examples,
    plot_mistakes,
    plot_runs,
    plot_weights_over_training,
)
from mnist_nn.drawing import draw
from mnist_nn.search import plot_search, search_hyperparameters

set_language("en")
SEED = 1
QUICK = "QUICK" in os.environ  # smaller sizes, for a test of this notebook

table = load_mnist_dataframe("train")
shuffled = table.head(10000)
shuffled = shuffled.reindex(np.random.default_rng(SEED).permutation(shuffled.index))
training_targets, training_examples = parse_labels_and_features(shuffled[0:7500])
validation_targets, validation_examples = parse_labels_and_features(shuffled[7500:10000])
data = dict(
    training_examples=training_examples,
    training_targets=training_targets,
    validation_examples=validation_examples,
    validation_targets=validation_targets,
)

linear_settings = dict(learning_rate=0.03, batch_size=30, verbose=0)
network_settings = dict(learning_rate=0.05, batch_size=30, hidden_units=[100, 100], verbose=0)

# %% [markdown] id="weights"
# ## Weights over training
#
# The exercise trains three networks to compare their weights. One run is enough if somebody takes notes.
# `KeepWeights` does: it is a Keras *callback*, which training calls after each period, and it keeps the
# weights of the first hidden layer. `periods` may list how many steps each period has; here the periods
# end after 1, …, 10, …, 100, …, 1,000 steps.
#
# The figure shows the ten nodes whose weights move furthest, all in one colour scale.

# %% id="keep-weights"
ends = np.unique(np.geomspace(1, 1000, num=31).round().astype(int))
keep = KeepWeights()
network = train_nn_classification_model(
    **network_settings,
    **data,
    steps=1000,
    periods=np.diff(ends, prepend=0),
    callbacks=[keep],
    seed=SEED,
)
plot_weights_over_training(keep.weights)
show_figures()

# %% [markdown] id="weights-read"
# After ten steps the noise of the start hides whatever the network has learned, and after a hundred
# steps strokes begin to stand out. Note what does *not* change: at the edges, where no ink ever
# falls, the first row's pattern is still there in the last.
#
# Press play, or move the slider. (If you see no buttons, the notebook is not trusted yet: run the
# cell.)

# %% id="animation"
HTML(animate_weights(keep.weights))

# %% [markdown] id="animation-read"
# From frame to frame the changes grow, but only because the frames lie ever more steps apart. Step by
# step they shrink: Adagrad, the optimiser that all our training calls use, takes smaller steps for
# weights that have moved much already. Which of the images look like parts of a digit?

# %% [markdown] id="mistakes"
# ## Which digits, which examples
#
# A confusion matrix tells how many digits are mixed up, but not which images. Let us see them: first
# those that the network is most certain of, and wrong.

# %% id="confident-mistakes"
network_probabilities = network.predict(validation_examples, batch_size=100, verbose=0)
network_predictions = network_probabilities.argmax(axis=1)

mistakes = confident_mistakes(validation_targets, network_probabilities)
plot_mistakes(validation_examples, mistakes.head(20))
show_figures()

# %% [markdown] id="mistakes-read"
# Below each digit stand its label and what the network says, and the probability that it gave to that.
# Some of these you might have read as it did; in others the digit is plain to see, and the network has no
# excuse.
#
# Which pairs are mixed up most? The share is that of all examples with this label.

# %% id="confused-pairs"
pairs = confused_pairs(validation_targets, network_predictions)
for pair in pairs.head(5).itertuples():
    print(f"{pair.label} taken for {pair.predicted}: {pair.count} times, {pair.share:.1%}")

# %% [markdown] id="comparison"
# ## Linear against network, on the same rows
#
# Two accuracies hide how two models differ. Both predict the same examples, so we can look at each:
# which does only the network get right, and which only the linear model?

# %% id="compare"
linear = train_linear_classification_model(**linear_settings, **data, steps=1000, seed=SEED)
linear_predictions = linear.predict(validation_examples, batch_size=100, verbose=0).argmax(axis=1)

comparison = compare_predictions(validation_targets, linear_predictions, network_predictions)
print("both right:        ", comparison.both_right.sum())
print("only linear right: ", comparison.only_first_right.sum())
print("only network right:", comparison.only_second_right.sum())
print("both wrong:        ", comparison.both_wrong.sum())
print(f"p-value:            {comparison.p_value:.1e}")

# %% [markdown] id="p-value"
# The last line is *McNemar's test*. Suppose both models were equally good: then of the examples that only
# one of them gets right, each would be as likely to be right with the one as with the other, like a coin
# toss. The p-value says how often coins would fall as unevenly as that, or more so. The closer to zero, the
# harder it is to believe in chance.
#
# Ten digits that only the network gets right, and ten that only the linear model does. Below each stands
# its label, and then what the linear model and the network say.

# %% id="only-one-right"
only_one_right = {
    "only network right": comparison.only_second_right,
    "only linear right": comparison.only_first_right,
}
for name, is_chosen in only_one_right.items():
    chosen = np.flatnonzero(is_chosen)[:10]
    texts = [
        f"{label}:\n{first} → {second}"
        for label, first, second in zip(
            validation_targets.iloc[chosen],
            linear_predictions[chosen],
            network_predictions[chosen],
            strict=True,
        )
    ]
    plot_examples(validation_examples.iloc[chosen], texts).set_title(name)
show_figures()

# %% [markdown] id="difference-matrix"
# And the difference of the two confusion matrices, network minus linear model, in percentage points of
# each row. Red on the diagonal: more digits recognised. Blue beside it: fewer mistaken.

# %% id="confusion-difference"
plot_confusion_difference(
    confusion_matrix(validation_targets, linear_predictions),
    confusion_matrix(validation_targets, network_predictions),
)
show_figures()

# %% [markdown] id="difference-read"
# Digits with a deep red field on the diagonal gain most from hidden layers. Is there a red field beside
# the diagonal, a mistake that the network makes more often than the linear model? (The palest fields are
# single examples.)

# %% [markdown] id="runs"
# ## One run is a draw
#
# Initial weights and batches are drawn at random. What if they are drawn again?

# %% id="many-runs"
seeds = range(2 if QUICK else 10)
accuracies = {"linear": [], "network": []}
for seed in seeds:
    model = train_linear_classification_model(**linear_settings, **data, steps=1000, seed=seed)
    accuracies["linear"].append(model.history.history["val_accuracy"][-1])
    model = train_nn_classification_model(**network_settings, **data, steps=1000, seed=seed)
    accuracies["network"].append(model.history.history["val_accuracy"][-1])

plot_runs(accuracies)
show_figures()

# %% [markdown] id="runs-read"
# Dots are runs, the diamond is their mean, the bar one standard deviation to either side. The two models
# are far apart beside that. But two settings of one model whose accuracies differ by less than the whole
# bar are not told apart by one run each.
#
# And the validation set is a draw, too. Of a model that gets a share *a* of all digits right in the long
# run, 2,500 digits will show *a* ± √(*a*(1 − *a*)/2500): one standard deviation again, this time of
# drawing the digits. The next cell computes it. So 2,500 digits fix an accuracy to about one hundredth in
# either direction; further decimals mean nothing by themselves.

# %% id="standard-error"
for name, values in accuracies.items():
    share = np.mean(values)
    print(f"{name}: {share:.3f} ± {np.sqrt(share * (1 - share) / 2500):.3f}")

# %% [markdown] id="losses"
# ## The two log losses
#
# The log loss that the trainers print takes the predicted class for certain, so it is 34.54 times the
# error rate. Training minimises another, the *cross entropy*: minus the logarithm of the probability
# given to the right digit, averaged over the examples. Here are both, for a network that is trained far
# too long on few examples.

# %% id="two-losses"
few = dict(
    data, training_examples=training_examples[:1000], training_targets=training_targets[:1000]
)
overtrained = train_nn_classification_model(
    **network_settings, **few, steps=200 if QUICK else 4000, periods=20, seed=SEED
)

left, right = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")[1]
plot_log_loss(overtrained.history.history, ax=left)
plot_cross_entropy(overtrained.history.history, ax=right)
show_figures()

# %% [markdown] id="losses-read"
# On the left, the error rate on the validation set falls and then stays. On the right, the cross entropy
# on the validation set turns and rises, while on the training set both are soon close to zero: the network
# grows ever more certain, also of its mistakes. Only the cross entropy can rise while the accuracy
# improves, for it sees *how* wrong an answer is. A mistake of which the network is 99.9 % sure costs it as
# much as ten near ties, where the printed log loss counts each mistake alike.

# %% [markdown] id="learning-curves"
# ## How much data?
#
# Both models, trained on 100 to 17,500 rows of the training file, with the same number of steps. The last
# 2,500 rows of the shuffled file are the validation set.

# %% id="rows"
rows_of_file = table.reindex(np.random.default_rng(SEED).permutation(table.index))
held_out_targets, held_out_examples = parse_labels_and_features(rows_of_file[17500:])
steps = 100 if QUICK else 3000
curves = {"linear": {}, "network": {}}
for n_rows in (100, 1000) if QUICK else (100, 300, 1000, 3000, 7500, 17500):
    targets, examples = parse_labels_and_features(rows_of_file[:n_rows])
    rows = dict(
        training_examples=examples,
        training_targets=targets,
        validation_examples=held_out_examples,
        validation_targets=held_out_targets,
    )
    model = train_linear_classification_model(**linear_settings, **rows, steps=steps, seed=SEED)
    curves["linear"][n_rows] = model.history.history["val_accuracy"][-1]
    model = train_nn_classification_model(**network_settings, **rows, steps=steps, seed=SEED)
    curves["network"][n_rows] = model.history.history["val_accuracy"][-1]

plot_accuracies(curves, xlabel="Training rows", logarithmic=True)
show_figures()

# %% [markdown] id="rows-read"
# With a hundred rows the two are close: there is not enough to learn strokes from. Then the network pulls
# ahead, and the linear model levels out first. Where a curve flattens, more rows help little unless the
# model or its settings change, too. (Each point is one run: differences of half a hundredth are luck.)

# %% [markdown] id="initialisation"
# ## Initial weights and activations
#
# The same network, with weights that start from zero or from small random numbers (`glorot_uniform`,
# which our trainers use, draws them from a range that fits the size of the layer), and with ReLU or the
# *sigmoid* as the activation of its nodes: a smooth step from 0 to 1. A node that puts out the same for
# every example is called a *dead unit*.

# %% id="start-and-activation"
import keras

histories = {}
for activation in ("relu", "sigmoid"):
    for initializer in ("zeros", "glorot_uniform"):
        keras.utils.set_random_seed(SEED)
        model = keras.Sequential(
            [
                keras.Input(shape=(784,)),
                keras.layers.Dense(100, activation, kernel_initializer=initializer, name="first"),
                keras.layers.Dense(100, activation, kernel_initializer=initializer, name="second"),
                keras.layers.Dense(10, "softmax", kernel_initializer=initializer, name="logits"),
            ]
        )
        train_classification_model(
            model, learning_rate=0.05, steps=1000, batch_size=30, **data, seed=SEED, verbose=0
        )
        name = f"{activation}, {initializer}"
        histories[name] = model.history.history["val_accuracy"]
        print(f"{name:24s} dead units: {count_dead_units(model, validation_examples)}")

plot_accuracies(histories)
show_figures()

# %% [markdown] id="initialisation-read"
# From zero, ReLU learns nothing: each hidden node puts out zero, for every example and for good. Only the
# *biases* of the last layer, the numbers that it adds to its ten sums, can still learn, and so every image
# gets the same answer. With the sigmoid from zero, nodes put out something, but all of a layer the same,
# and all are corrected alike: a hundred copies of one node. Random weights tell nodes apart, which is why
# networks start from them. Of the two with random weights, which is quicker at this learning rate?

# %% [markdown] id="search"
# ## Search the settings
#
# The exercise lets you try learning rates, batch sizes and steps for five minutes.
# `search_hyperparameters` tries all combinations of the values it is given, each with three seeds. The
# runs do not wait for each other: every core of your machine works on one of its own. The task for the
# linear model was an accuracy above 0.9; how many of these nine settings do it?

# %% id="search-linear"
seeds = [1] if QUICK else [1, 2, 3]
linear_results = search_hyperparameters(
    train_linear_classification_model,
    {
        "learning_rate": [0.003, 0.03, 0.3],
        "batch_size": [10, 30, 100],
        "steps": [100 if QUICK else 1000],
    },
    **data,
    seeds=seeds,
)
columns = ["learning_rate", "batch_size", "seed", "val_accuracy", "mean_val_accuracy"]
print(linear_results[columns].head(6).to_string(index=False))
plot_search(linear_results, "learning_rate", "batch_size")
show_figures()

# %% [markdown] id="search-linear-read"
# Each square shows the mean of three runs and, behind ±, its *standard error*: how far such a mean
# typically is from what many runs would give. Bright squares lie together, so what counts is to be in the
# right region. Between neighbours that differ by less than their errors, there is nothing to choose.
#
# Now a network, for which the task was 0.95. With layers and dropout there are many more settings to try.
# `halving=3` saves time as a teacher would who looks around the class early: after the first period, only the
# best third of the settings goes on, after the third period the best third of these.

# %% id="search-network"
network_results = search_hyperparameters(
    train_nn_classification_model,
    {
        "learning_rate": [0.02, 0.05, 0.1],
        "batch_size": [100],
        "hidden_units": [[50], [100, 100], [200, 200]],
        "dropout": [0.0, 0.2],
        "steps": [100 if QUICK else 2000],
    },
    **data,
    seeds=seeds,
    halving=3,
)
names = ["learning_rate", "batch_size", "hidden_units", "dropout", "steps"]
settings = network_results.drop_duplicates(names)
columns = ["learning_rate", "hidden_units", "dropout", "periods_done", "mean_val_accuracy"]
print(settings[columns].head(8).to_string(index=False))

# %% [markdown] id="search-choose"
# The settings that stopped early stand further down, with the accuracy that they had by then. But the best of
# many settings looks better than it is: the winner is good, and it was lucky on these 2,500 digits and
# these seeds. Train it again with seeds that played no part in its choice:

# %% id="search-winner"
winner = settings.iloc[0]
fresh = search_hyperparameters(
    train_nn_classification_model,
    {name: [winner[name]] for name in names},
    **data,
    seeds=[101] if QUICK else range(101, 107),
)
print(f"Mean accuracy in the search:     {winner['mean_val_accuracy']:.4f}")
print(f"Mean accuracy with fresh seeds:  {fresh['val_accuracy'].mean():.4f}")

# %% [markdown] id="search-read"
# Fresh seeds take away the luck of the seeds, but not that of the digits: they are the 2,500 on which the
# winner was chosen. That is why there is a test set, and why it is read only once, when nothing is left to
# choose: in the last section.

# %% [markdown] id="search-workers"
# Without a change in the code, a search uses all cores of your machine, or a cluster; the project's README
# tells how. How many runs a minute is that, for a network of two layers of 100 nodes and 300 steps?
#
# | workers | runs a minute | |
# |---|---|---|
# | 1 | 155 | measured |
# | 2 | 250 | measured |
# | 8 | 1,000 | computed |
# | 64 | 8,000 | computed |
#
# Measured on a machine with two cores. Computed for more, from the time that a run takes a worker and the
# time that it takes to hand it out, as if all cores were alike and the network between them quick.

# %% [markdown] id="draw"
# ## Your own handwriting
#
# How do the two models do on digits that you write? Run the cell and draw some, large and small, in the
# middle and in a corner. Then take the tick away from "prepare as MNIST", and draw them again.
#
# All of MNIST's digits were prepared in the same way before anybody learned from them: scaled into a box
# of 20 × 20 pixels, with their proportions kept, and placed in 28 × 28 pixels so that their centre of
# mass is in the middle. With the tick, that is done to your digits, too, and strokes much thinner or
# thicker than usual are mended. Without it, the drawing is only made smaller.

# %% id="draw-pad"
pad = draw({"linear": linear, "network": network})
pad

# %% [markdown] id="draw-strokes"
# What you have drawn is in `pad.pixels`, for cells of your own. And a drawing may be given as strokes,
# which are lists of points from [0, 0], upper left, to [1, 1], lower right. Here is a small three in a
# corner. The answers of the two models are printed. The figure has on the left what they see of it as it
# was drawn, on the right what they see of it prepared.

# %% id="draw-corner"
corner = draw({"linear": linear, "network": network})
three = [
    [0.10, 0.12],
    [0.20, 0.08],
    [0.27, 0.15],
    [0.19, 0.23],
    [0.28, 0.31],
    [0.20, 0.39],
    [0.10, 0.36],
]
corner.strokes = [three]

axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")[1]
for prepared, ax in zip((False, True), axes, strict=True):
    corner.prepared = prepared
    plot_digit(corner.pixels, ax=ax)
    answers = corner.probabilities.idxmax()
    name = "prepared" if prepared else "as drawn"
    print(f"{name}: linear {answers['linear']}, network {answers['network']}")
show_figures()

# %% [markdown] id="draw-read"
# It is the same three, and the models are the same, too. But in training they never saw a digit in a
# corner, nor one as thin and small as this: what they learned does not apply to it.
#
# A photo of your handwriting works as well, dark on light or light on dark. `digit_from_image` finds the
# ink and prepares it:
#
# ```python
# from mnist_nn.drawing import digit_from_image
#
# digit = digit_from_image("photo.jpg")
# plot_digit(digit)
# print(network.predict(digit.reshape(1, 784), verbose=0).argmax())
# ```
#
# One more thing to try: draw a letter or a face. How certain are the models of their answer? The ten
# probabilities add up to 1, whatever they are shown. There is no eleventh answer for "none of these".

# %% [markdown] id="best"
# ## How good can it get?
#
# How far can a network get that sees no digit but the 7,500 of the training set? We keep to *dense* layers,
# in which every node is connected to all nodes of the layer below. Trained long enough, the exercise's
# network learns its examples by heart. So we give it more: a digit that is turned a little, stretched,
# slanted, shifted or bent is still the same digit, written by another hand. For each pixel of a copy,
# `deform` works out the place in the image that it comes from, and looks up the grey level there: once
# for all changes together, since each look-up between pixels blurs the image a little. Here are copies
# of one digit.

# %% id="best-copies"
TRAIN_BEST = True  # False skips the training below, which takes up to five minutes
COPIES, EPOCHS, LOOKS = (2, 1, 2) if QUICK else (48, 5, 16)
ROWS, COLUMNS = np.mgrid[:28, :28] - 13.5  # of all pixels, counted from the middle


def deform(examples, chance, strength=1.0, bend=0.7):
    """Return a copy of each example, changed by chance, a generator of random numbers.

    It is turned by up to 0.22 radians (13 degrees), stretched and slanted by up to 12 %, and shifted
    by up to 2 pixels, all times strength; and bent by about as many pixels as bend says.
    """
    images = np.asarray(examples, "float32").reshape(-1, 28, 28)

    def draw(largest):  # a number for each image
        return strength * chance.uniform(-largest, largest, (len(images), 1, 1))

    def draw_bend():  # moves the points of a coarse grid, and smoothly what is between them
        coarse = chance.normal(0, bend, (len(images), 5, 5, 1))
        return np.array(keras.ops.image.resize(coarse, (28, 28), "bicubic"))[..., 0]

    angle = draw(0.22)
    sine, cosine = np.sin(angle), np.cos(angle)
    rows = cosine * (1 + draw(0.12)) * ROWS + (draw(0.12) - sine) * COLUMNS
    columns = (draw(0.12) + sine) * ROWS + cosine * (1 + draw(0.12)) * COLUMNS
    places = np.stack([rows + draw(2) + draw_bend(), columns + draw(2) + draw_bend()], axis=1)
    copies = [map_coordinates(*pair, order=1) for pair in zip(images, 13.5 + places, strict=True)]
    return np.reshape(copies, (-1, 784))


one_digit = training_examples.iloc[[0] * 20]
copies_of_one = deform(one_digit, np.random.default_rng(SEED))
plot_examples(copies_of_one, [f"{training_targets.iloc[0]}"] * 20)
show_figures()

# %% [markdown] id="best-network"
# With 48 copies of each digit, there are 48 × 7,500 = 360,000. They are kept as bytes from 0 to 255,
# to save memory. The network has two wide layers, with *dropout*: in each step, every node
# is switched off with a probability of 0.3, so that none can rely on another. It is trained with
# *Adam*, at a learning rate that falls to zero, and in the end takes the *average* of its weights over
# the last thousand steps or so, which is steadier than those of any one step. To predict, it looks at
# each digit 16 times, each time changed a little, and averages its answers.
#
# All this was chosen on the validation set. The cell runs for up to five minutes. It prints the
# accuracy on the validation set after each pass over the copies, and then that of averaged weights
# and answers.


# %% id="best-train"
def train_best_network(seed):
    keras.utils.set_random_seed(seed)
    chance = np.random.default_rng(seed)
    copies = np.empty((COPIES, len(training_examples), 784), "uint8")
    for copy in copies:
        copy[:] = np.round(255 * deform(training_examples, chance))
    labels = np.tile(training_targets, COPIES)
    layers = [
        keras.Input(shape=(784,)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Dense(800, "relu", kernel_initializer="he_normal"),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(800, "relu", kernel_initializer="he_normal"),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10, "softmax"),
    ]
    model = keras.Sequential(layers)
    falling = keras.optimizers.schedules.CosineDecay(0.001, EPOCHS * len(labels) // 250)
    averaging = dict(use_ema=True, ema_momentum=0.999, ema_overwrite_frequency=None)
    model.compile(
        keras.optimizers.Adam(falling, **averaging),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )

    def print_accuracy(epoch, logs):
        print(f"  pass {epoch} : {logs['val_accuracy']:.4f}", flush=True)

    model.fit(
        copies.reshape(-1, 784),
        labels,
        batch_size=250,
        epochs=EPOCHS,
        validation_data=(255 * validation_examples, validation_targets),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=print_accuracy)],
        verbose=0,
    )
    return model


def predict_best(model, examples):
    chance = np.random.default_rng(SEED)
    looks = [
        model.predict(255 * deform(examples, chance, 0.5, bend=0), batch_size=1000, verbose=0)
        for _ in range(LOOKS)
    ]
    return np.mean(looks, axis=0)


if TRAIN_BEST:
    print("Accuracy (on validation data):")
    best = train_best_network(SEED)
    predictions = predict_best(best, validation_examples).argmax(axis=1)
    print(f"  averaged : {np.mean(predictions == validation_targets):.4f}")

# %% [markdown] id="best-test"
# Now that nothing is left to choose, and only now, the test set: read once.

# %% id="best-test-accuracy"
if TRAIN_BEST:
    test_targets, test_examples = parse_labels_and_features(load_mnist_dataframe("test"))
    probabilities = predict_best(best, test_examples)
    print(f"Accuracy on test data: {np.mean(probabilities.argmax(axis=1) == test_targets):.4f}")

    mistakes = confident_mistakes(test_targets, probabilities)
    plot_mistakes(test_examples, mistakes.head(20))
    show_figures()

# %% [markdown] id="best-read"
# The copies tell the network what it should not care about. Above are the mistakes, out of ten
# thousand digits, of which it is most certain. How many of these would you have got right?

# %% [markdown] id="takeaways"
# ## What to take away
#
# - Look at the examples that a model gets wrong, not only at their number.
# - Compare two models on the same examples, and ask how much chance could do.
# - A single run, judged on 2,500 digits, fixes an accuracy to about one hundredth.
# - Cross entropy sees certainty, accuracy does not.
# - The best of many settings looks better than it is: keep digits aside on which nothing was chosen.
# - Prepare new data as the training data were prepared.
# - If you cannot get more data, make copies that change only what does not matter.
