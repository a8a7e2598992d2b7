# %% [markdown] id="title"
# # Going further: see what the networks learned
#
# The exercise raises questions. Which digits get confused? What do 10, 100 and 1,000 steps change?
# How far apart are the two models? The figures in this notebook answer them. They also answer a few
# more: how much is down to chance, for example.
#
# **What you will do and learn**
#
# - Watch weights turn from noise into strokes.
# - Look at the digits that the models get wrong, and compare both models on the same images.
# - See how reliable an accuracy is, given random training runs and a small validation set.
# - Compare the two log losses, sizes of the training set and weight initialisations.
# - Search for good hyperparameters, and see why the best result looks better than it is.
# - Draw digits yourself, and see why data preparation matters.
# - Test both models on photos of handwriting, such as your class's.
# - See how good a network can get with 7,500 examples.
#
# There is nothing to fill in. Run the cells and look at what they show. Each section ends with
# something to change (**Try it**). Allow half an hour for reading. Running all cells takes about ten
# minutes, half of them in the last section.

# %% id="install" generated="install"
# Written by notebooks/build.py.

# %% [markdown] id="setup"
# ## Setup
#
# The data and the split are those of the exercise. Three cells set everything up. The first one
# imports, the second one sets the sizes of what follows, and the third one loads the data. Choose
# smaller sizes if you want the notebook to run faster.
#
# `data` contains the four tables that every training call needs, so `**data` passes them all.
# `verbose=0` keeps the calls silent. What they would have printed is in `history.history` of the
# trained model.

# %% id="imports"
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML
from scipy.ndimage import map_coordinates

from mnist_nn import (
    confusion_matrix,
    load_mnist_dataframe,
    parse_labels_and_features,
    plot_log_loss,
    set_language,
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
from mnist_nn.data import data_folder
from mnist_nn.drawing import dataframe_from_images, draw
from mnist_nn.search import plot_search, search_hyperparameters

import keras

set_language("en")
keras.config.set_floatx("float64")  # the same results on every computer

# %% id="sizes" tags=["parameters"]
SEED = 1
STEPS = 1000  # of a training run, as in the exercise
N_RUNS = 10  # runs per model, each with its own seed
STEPS_TOO_MANY = 4000  # for a network that is trained too long
ROWS = (100, 300, 1000, 3000, 7500, 17500)  # sizes of the training set
ROWS_STEPS = 3000  # training steps for each of them
SEARCH_SEEDS = (1, 2, 3)  # one run per combination and seed
SEARCH_STEPS = 2000  # of a run of the search for a network
FRESH_SEEDS = range(101, 107)  # not used in the search
TRAIN_BEST = True  # False skips the longest cell, in the last section
COPIES = 48  # deformed copies of each training example
EPOCHS = 5  # passes over all copies
VIEWS = 16  # deformed versions of a digit, to predict it

# %% id="load"
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
# The exercise trains three networks to compare their weights. One run is enough if you record the
# weights as you go. `KeepWeights`, a Keras *callback*, does that for the first hidden layer, after
# each period. `periods` can be a list with the number of steps in each period. Here the periods end
# after 1, …, 10, …, 100, …, 1,000 steps.
#
# The figure shows the ten nodes whose weights move furthest, all in one colour scale.

# %% id="keep-weights"
ends = np.unique(np.geomspace(1, STEPS, num=31).round().astype(int))
keep = KeepWeights()
network = train_nn_classification_model(
    **network_settings,
    **data,
    steps=STEPS,
    periods=np.diff(ends, prepend=0),
    callbacks=[keep],
    seed=SEED,
)
plot_weights_over_training(keep.weights)
plt.show()

# %% [markdown] id="weights-read"
# After ten steps, the random initial weights still hide what the network has learned. After a
# hundred, strokes begin to stand out. Note what does *not* change: at the edges, where there is
# never any ink, the pattern of the first row is still there in the last.
#
# Press play, or move the slider. (If you see no buttons, the notebook is not trusted yet: run the
# cell.)

# %% id="animation"
HTML(animate_weights(keep.weights))

# %% [markdown] id="animation-read"
# Later frames change more than early ones, but only because a frame covers more and more steps. Per
# step, the changes shrink: Adagrad, the optimiser of our training functions, slows a weight down as its
# gradients add up. Which images look like parts of a digit?
#
# **Try it:** pass `nodes=100` to `animate_weights` to see all nodes. How many of them still look
# like noise in the last frame?

# %% [markdown] id="mistakes"
# ## Which digits, which examples
#
# A confusion matrix shows how many digits get confused, but not which images. Here are the mistakes
# in which the network is most confident.

# %% id="confident-mistakes"
network_probabilities = network.predict(validation_examples, batch_size=100, verbose=0)
network_predictions = network_probabilities.argmax(axis=1)

mistakes = confident_mistakes(validation_targets, network_probabilities)
plot_mistakes(validation_examples, mistakes.head(20))
plt.show()

# %% [markdown] id="mistakes-read"
# Under each digit: its true label, the predicted label and its probability. Some of these digits are
# hard to read for people, too. Others are easy, and the network is wrong all the same.
#
# Which pairs of digits get confused most often?

# %% id="confused-pairs"
pairs = confused_pairs(validation_targets, network_predictions)
for pair in pairs.head(5).itertuples():
    print(
        f"label {pair.label}, predicted {pair.predicted}: "
        f"{pair.count} times ({pair.share:.1%} of this label)"
    )

# %% [markdown] id="mistakes-try"
# **Try it:** replace `head(20)` with `tail(20)` to see the mistakes in which the network is least
# confident. How do these digits differ from those above?

# %% [markdown] id="comparison"
# ## Linear model and network on the same images
#
# Two accuracies do not show how two models differ. Both models predict the same examples, so you can
# compare them image by image. Which digits does the network fix, and which does it newly get wrong?

# %% id="compare"
linear = train_linear_classification_model(**linear_settings, **data, steps=STEPS, seed=SEED)
linear_predictions = linear.predict(validation_examples, batch_size=100, verbose=0).argmax(axis=1)

comparison = compare_predictions(validation_targets, linear_predictions, network_predictions)
print("both models are right:         ", comparison.both_right.sum())
print("only the linear model is right:", comparison.only_first_right.sum())
print("only the network is right:     ", comparison.only_second_right.sum())
print("both models are wrong:         ", comparison.both_wrong.sum())
print(f"p-value of McNemar's test:      {comparison.p_value:.1e}")

# %% [markdown] id="p-value"
# *McNemar's test* looks at the examples that only one of the models gets right. If both models were
# equally good, each of these examples would be the toss of a fair coin. The p-value is the
# probability that coins fall at least this unevenly. The closer it is to zero, the harder it is to
# believe in chance. (`e-10` means "times 10⁻¹⁰".)
#
# Here are ten digits that only the network gets right, and ten that only the linear model gets
# right. Under each digit: its true label, and what the two models predict.

# %% id="only-one-right"
only_one_right = {
    "Only the network is right:": comparison.only_second_right,
    "Only the linear model is right:": comparison.only_first_right,
}
for title, is_chosen in only_one_right.items():
    chosen = np.flatnonzero(is_chosen)[:10]
    print(title)
    plot_examples(
        validation_examples.iloc[chosen],
        labels=validation_targets.iloc[chosen],
        predictions={
            "linear": linear_predictions[chosen],
            "network": network_predictions[chosen],
        },
    )
    plt.show()

# %% [markdown] id="difference-matrix"
# The next figure shows the difference between the two confusion matrices, network minus linear
# model, in percentage points of each row. Red on the diagonal: the network recognises more of these
# digits. Blue off the diagonal: it makes this mistake less often.

# %% id="confusion-difference"
plot_confusion_difference(
    confusion_matrix(validation_targets, linear_predictions),
    confusion_matrix(validation_targets, network_predictions),
)
plt.show()

# %% [markdown] id="difference-read"
# The deeper the red on the diagonal, the more this digit gains from hidden layers. Is there a red
# cell off the diagonal, a mistake that the network makes more often than the linear model? (In the
# palest cells, the difference is a single example.)
#
# **Try it:** make `linear` a second network. In the cell that trains it, call
# `train_nn_classification_model(**network_settings, **data, steps=STEPS, seed=SEED + 1)`. Now the two
# models differ only in their seed. Do they get the same digits right, and what happens to the
# p-value? (Change it back afterwards.)

# %% [markdown] id="runs"
# ## A single run is one random sample
#
# The batches are random, and so are the initial weights of the network. How much does the accuracy
# vary if you train each model several times, each time with another seed?

# %% id="many-runs"
accuracies = {"linear": [], "network": []}
for seed in range(N_RUNS):
    model = train_linear_classification_model(**linear_settings, **data, steps=STEPS, seed=seed)
    accuracies["linear"].append(model.history.history["val_accuracy"][-1])
    model = train_nn_classification_model(**network_settings, **data, steps=STEPS, seed=seed)
    accuracies["network"].append(model.history.history["val_accuracy"][-1])

plot_runs(accuracies)
plt.show()

# %% [markdown] id="runs-read"
# Each dot is a run, the diamond is their mean, and the bar extends one standard deviation to either
# side. The two models are much further apart than that. But when you compare two sets of
# hyperparameters for the same model, you can't tell them apart from one run each if they differ by
# less than the length of the bar.
#
# The validation set is a random sample, too. If a model's true accuracy is *a*, its accuracy on *n*
# random digits has a standard deviation of √(*a*(1 − *a*)/*n*). The next cell computes it for the
# validation set.

# %% id="standard-error"
n = len(validation_targets)
for title, name in {"linear model": "linear", "neural network": "network"}.items():
    a = np.mean(accuracies[name])
    print(f"{title}: accuracy {a:.3f}, standard deviation {np.sqrt(a * (1 - a) / n):.3f}")

# %% [markdown] id="standard-error-read"
# Two standard deviations are about 0.01. So 2,500 digits measure an accuracy to about ±0.01, and
# further decimals mean little on their own.
#
# **Try it:** in the cell of the runs, replace `steps=STEPS` with `steps=300` for the network. Does its
# bar get longer or shorter? Can you still tell the two models apart from one run each?

# %% [markdown] id="losses"
# ## The two log losses
#
# The log loss that our training functions print treats the predicted class as certain, so it is
# 34.54 times the error rate. Training minimises another loss, the *cross entropy*: minus the
# logarithm of the probability of the correct digit, averaged over the examples. The figures show
# both for a network that is trained far too long on few examples.

# %% id="two-losses"
few = dict(
    data, training_examples=training_examples[:1000], training_targets=training_targets[:1000]
)
overtrained = train_nn_classification_model(
    **network_settings, **few, steps=STEPS_TOO_MANY, periods=20, seed=SEED
)

left, right = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")[1]
plot_log_loss(overtrained.history.history, ax=left)
plot_cross_entropy(overtrained.history.history, ax=right)
plt.show()

# %% [markdown] id="losses-read"
# On the training set, both losses are soon close to zero. On the validation set, the log loss (left)
# falls and then hardly changes, but the cross entropy (right) turns and rises. The network becomes
# more and more certain of its answers, and so of its mistakes, too. Cross entropy notices that: a
# mistake of which the network is 99.9 % sure costs about as much as ten near-ties. The log loss on
# the left counts all mistakes the same.
#
# **Try it:** add `dropout=0.5` to the training call. What happens to the cross entropy on the
# validation set, and what to the log loss?

# %% [markdown] id="learning-curves"
# ## How much data?
#
# Both models, trained on more and more rows of the training file, with the same number of steps. The
# validation set is the last 2,500 rows of the shuffled file.

# %% id="rows"
rows_of_file = table.reindex(np.random.default_rng(SEED).permutation(table.index))
held_out_targets, held_out_examples = parse_labels_and_features(rows_of_file[17500:])
curves = {"linear": {}, "network": {}}
for n_rows in ROWS:
    targets, examples = parse_labels_and_features(rows_of_file[:n_rows])
    call = dict(
        training_examples=examples,
        training_targets=targets,
        validation_examples=held_out_examples,
        validation_targets=held_out_targets,
        steps=ROWS_STEPS,
        seed=SEED,
    )
    model = train_linear_classification_model(**linear_settings, **call)
    curves["linear"][n_rows] = model.history.history["val_accuracy"][-1]
    model = train_nn_classification_model(**network_settings, **call)
    curves["network"][n_rows] = model.history.history["val_accuracy"][-1]

plot_accuracies(curves)
plt.show()

# %% [markdown] id="rows-read"
# With the fewest rows, the two models are close: there is too little data to learn strokes from.
# With more rows, the network pulls ahead, and the linear model levels off first. Where a curve is
# flat, more data helps little unless you also change the model or its hyperparameters. (Each point
# is a single run, so small differences may be down to chance.)
#
# **Try it:** set `ROWS_STEPS = 300` in the cell of sizes, and run that cell and this section again.
# Which curve changes more, and at which end?

# %% [markdown] id="initialisation"
# ## Initial weights and activation functions
#
# The same network, with weights that start at zero or at small random numbers, and with ReLU or the
# *sigmoid* as activation function. The sigmoid rises smoothly from 0 to 1. (`glorot_uniform`, the
# initialisation that our training functions use, draws random numbers from a range that fits the
# size of the layer.) A node that outputs the same value for every example is called a *dead unit*.

# %% id="start-and-activation"
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
            model, learning_rate=0.05, steps=STEPS, batch_size=30, **data, seed=SEED, verbose=0
        )
        name = f"{activation}, {initializer}"
        histories[name] = model.history.history["val_accuracy"]
        dead = count_dead_units(model, validation_examples)
        print(f"{name:23} dead units of 100: first layer {dead['first']}, second {dead['second']}")

plot_accuracies(histories)
plt.show()

# %% [markdown] id="initialisation-read"
# Starting from zero, ReLU learns nothing: every hidden node outputs zero for every example, and its
# weights get no gradient. Only the *biases* of the last layer, the constants that it adds to its ten
# scores, can still learn. So every image gets the same answer. With the sigmoid, the nodes output
# something, but all nodes of a layer output the same and are corrected in the same way: the layer is
# a hundred copies of one node. Random initial weights make the nodes different. That is why networks
# start from them. Which of the two networks with random weights learns faster at this learning rate?
#
# **Try it:** add `"tanh"` to the activation functions. If its weights start at zero, does it behave
# like ReLU or like the sigmoid? And if they start at random?

# %% [markdown] id="search"
# ## Search for hyperparameters
#
# In the exercise, you try out learning rates, batch sizes and steps by hand.
# `search_hyperparameters` tries all combinations of the values that you pass, each with several
# seeds. It keeps all cores of your machine busy, with one run on each. The exercise asks for an
# accuracy of 0.88 from the linear model. How many of these nine combinations get there?
#
# The table has one row per run, best combination first: `val_accuracy` is the accuracy of this run,
# and `mean_val_accuracy` the mean over the seeds.

# %% id="search-linear"
linear_results = search_hyperparameters(
    train_linear_classification_model,
    {
        "learning_rate": [0.003, 0.03, 0.3],
        "batch_size": [10, 30, 100],
        "steps": [STEPS],
    },
    **data,
    seeds=SEARCH_SEEDS,
)
columns = ["learning_rate", "batch_size", "seed", "val_accuracy", "mean_val_accuracy"]
print(linear_results[columns].head(6).round(4).to_string(index=False))
plot_search(linear_results, "learning_rate", "batch_size")
plt.show()

# %% [markdown] id="search-linear-read"
# Each square shows the mean over the seeds and, after ±, its *standard error*: how far such a mean
# typically is from the mean of very many runs. Good combinations lie side by side, so what matters
# is the right region. Neighbours that differ by less than their standard errors can't be ranked.
#
# Now a network, for which the exercise asks for 0.95. With layers and dropout, there are many more
# combinations to try. `halving=3` drops weak ones early: after the first period, only the best third
# of them continues, and after the third period, the best third of these.

# %% id="search-network"
network_results = search_hyperparameters(
    train_nn_classification_model,
    {
        "learning_rate": [0.02, 0.05, 0.1],
        "batch_size": [100],
        "hidden_units": [[50], [100, 100], [200, 200]],
        "dropout": [0.0, 0.2],
        "steps": [SEARCH_STEPS],
    },
    **data,
    seeds=SEARCH_SEEDS,
    halving=3,
)
names = ["learning_rate", "batch_size", "hidden_units", "dropout", "steps"]
combinations = network_results.drop_duplicates(names)
columns = ["learning_rate", "hidden_units", "dropout", "periods_done", "mean_val_accuracy"]
print(combinations[columns].head(8).round(4).to_string(index=False))

# %% [markdown] id="search-choose"
# This table has one row per combination. Those that were dropped early come further down, with the
# accuracy that they had reached by then (see `periods_done`).
#
# The best of many results looks better than it is: the winner is good, but it was also lucky with
# these 2,500 digits and these seeds. Train it again with seeds that played no part in its choice:

# %% id="search-winner"
winner = combinations.iloc[0]
fresh = search_hyperparameters(
    train_nn_classification_model,
    {name: [winner[name]] for name in names},
    **data,
    seeds=FRESH_SEEDS,
)
print(f"Mean accuracy in the search:     {winner['mean_val_accuracy']:.4f}")
print(f"Mean accuracy with fresh seeds:  {fresh['val_accuracy'].mean():.4f}")

# %% [markdown] id="search-read"
# Fresh seeds remove the luck of the seeds, but not the luck of the digits: the winner was chosen on
# the same 2,500. That is what the test set is for. We use it only once, when nothing is left to
# tune: in the last section.
#
# The same call can use the cores of many machines: `help("mnist_nn.search.search")` explains how. The
# runs do not depend on each other, so more cores finish more runs per minute.
#
# **Try it:** look at the heat map again. Is the best square at the edge? Then a better one may lie
# beyond it. Add a value there, such as 300 to the list of `batch_size`, and run that search again.

# %% [markdown] id="draw"
# ## Your own handwriting
#
# How do the two models do on digits that you write? Run the cell and draw a few: large and small, in
# the middle and in a corner. Then untick "prepare as MNIST", and draw them again.
#
# All digits of MNIST were prepared in the same way before they were published: scaled to fit a box
# of 20 × 20 pixels, with their proportions kept, and placed in an image of 28 × 28 pixels so that
# their centre of mass is in the middle. If the box is ticked, your digits are prepared like that, and
# strokes that are much thinner or thicker than usual are adjusted, too. If it is not, your drawing is
# only scaled down.

# %% id="draw-pad"
pad = draw({"linear": linear, "network": network})
pad

# %% [markdown] id="draw-strokes"
# Your own cells can read the drawing from `pad.pixels`. You can also write a drawing as code: a
# stroke is a list of points, from [0, 0] at the upper left to [1, 1] at the lower right. Here is a
# small three in a corner. The left image shows what the models see if it is only scaled down, the
# right one what they see if it is prepared. Under each image: what they predict.

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

axes = plt.subplots(1, 2, figsize=(6, 3.8), layout="constrained")[1]
for prepared, ax in zip((False, True), axes, strict=True):
    corner.prepared = prepared
    corner.plot(ax=ax)
plt.show()

# %% [markdown] id="draw-read"
# It is the same three, and the models are the same. But in training, they never saw a digit in a
# corner, or one as thin and small as this: what they have learned does not apply to it.
#
# A photo of your handwriting works, too, dark on light or light on dark. `digit_from_image` finds the
# digit and prepares it:
#
# ```python
# from mnist_nn.drawing import digit_from_image
#
# digit = digit_from_image("photo.jpg").reshape(1, 784)
# answer = network.predict(digit, verbose=0).argmax(axis=1)
# plot_examples(digit, predictions={"network": answer})
# plt.show()
# ```
#
# **Try it:** draw a letter or a face. How certain are the models of their answer? What would you have
# liked them to answer, and why can't they?

# %% [markdown] id="class"
# ## Your class's handwriting
#
# Other people's digits are the best test. Ask your class to write digits on paper, take a photo of
# each, and name the photos after their digits: `7_anna.jpg`. `dataframe_from_images` prepares all
# photos in a folder and returns a table like MNIST's, so you can use it wherever the exercise uses
# MNIST's. The project comes with twenty photos for you to try.

# %% id="class-photos"
photos = data_folder() / "handwriting"  # replace with the path of your folder
class_table = dataframe_from_images(photos)
class_targets, class_examples = parse_labels_and_features(class_table)

class_predictions = {
    "linear": linear.predict(class_examples, verbose=0).argmax(axis=1),
    "network": network.predict(class_examples, verbose=0).argmax(axis=1),
}
for title, name in {"linear model": "linear", "neural network": "network"}.items():
    print(f"{title}: {np.mean(class_predictions[name] == class_targets):.2f}")
plot_examples(class_examples, class_targets, class_predictions)
plt.show()

# %% [markdown] id="class-read"
# Both models learned from MNIST alone and never saw these writers. Twenty digits are few, though: at
# an accuracy of 0.9, the standard deviation is √(0.9 · 0.1/20) ≈ 0.07. A class of 30 that writes all
# ten digits brings it down to 0.02.
#
# `class_table.to_csv("class.csv", header=False, index=False)` saves the table, and
# `load_mnist_dataframe(path="class.csv")` reads it again.
#
# **Try it:** write the digits in the way of another country: a 1 with a long upstroke, a 7 with a
# crossbar. Which model copes better?

# %% [markdown] id="best"
# ## How good can it get?
#
# How good can a network get if it learns from nothing but the 7,500 digits of the training set? We
# use *dense* layers only, in which every node is connected to all nodes of the layer below. Trained
# long enough, such a network memorises its examples. So we give it more of them, by *data
# augmentation*: a digit that is rotated, stretched, slanted, shifted or bent a little is still the
# same digit, as if somebody else had written it.
#
# For each pixel of a copy, `deform` computes where in the image it comes from, and interpolates the
# grey level there. All changes are made in one go, because each interpolation blurs the image a
# little. Here are copies of one digit.

# %% id="best-copies"
Y, X = np.mgrid[:28, :28] - 13.5  # row and column of each pixel, measured from the middle


def deform(examples, generator, strength=1.0, bend=0.7):
    """Return a randomly deformed copy of each example.

    It is rotated by up to 0.22 radians (13 degrees), stretched and slanted by up to 12 %, and
    shifted by up to 2 pixels, all multiplied by strength. It is bent by about bend pixels.
    """
    images = np.asarray(examples, "float32").reshape(-1, 28, 28)

    def sample(largest):  # one number per image
        return strength * generator.uniform(-largest, largest, (len(images), 1, 1))

    def sample_bend():  # moves the points of a coarse grid, and interpolates between them
        coarse = generator.normal(0, bend, (len(images), 5, 5, 1))
        return np.array(keras.ops.image.resize(coarse, (28, 28), "bicubic"))[..., 0]

    angle = sample(0.22)
    sine, cosine = np.sin(angle), np.cos(angle)
    y = cosine * (1 + sample(0.12)) * Y + (sample(0.12) - sine) * X
    x = (sample(0.12) + sine) * Y + cosine * (1 + sample(0.12)) * X
    places = np.stack([y + sample(2) + sample_bend(), x + sample(2) + sample_bend()], axis=1)
    copies = [map_coordinates(*pair, order=1) for pair in zip(images, 13.5 + places, strict=True)]
    return np.reshape(copies, (-1, 784))


one_digit = training_examples.iloc[[0] * 20]
copies_of_one = deform(one_digit, np.random.default_rng(SEED))
plot_examples(copies_of_one, labels=training_targets.iloc[[0] * 20])
plt.show()

# %% [markdown] id="best-network"
# The network learns from `COPIES` copies of each digit. They are stored as bytes, from 0 to 255, to
# save memory. The network has two wide layers with *dropout*: in each step, every node is switched
# off with a probability of 0.3, so that no node can rely on another. The optimiser is *Adam*, with a
# learning rate that falls to zero. At the end, the network gets the *moving average* of its weights
# over roughly the last thousand steps, which fluctuates less than the weights of any single step. To
# predict a digit, it averages its answers for `VIEWS` slightly deformed versions of it.
#
# We chose all this on the validation set. The next cell runs for a few minutes. After each epoch,
# that is, each pass over all copies, it prints the accuracy on the validation set. The last line is
# the accuracy with averaged weights and answers.


# %% id="best-train"
def train_best_network(seed):
    keras.config.set_floatx("float32")  # this takes the most time, and half as much in float32
    keras.utils.set_random_seed(seed)
    generator = np.random.default_rng(seed)
    copies = np.empty((COPIES, len(training_examples), 784), "uint8")
    for copy in copies:
        copy[:] = np.round(255 * deform(training_examples, generator))
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
        print(f"  epoch {epoch + 1}:  {logs['val_accuracy']:.4f}", flush=True)

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
    generator = np.random.default_rng(SEED)
    answers = [
        model.predict(255 * deform(examples, generator, 0.5, bend=0), batch_size=1000, verbose=0)
        for _ in range(VIEWS)
    ]
    return np.mean(answers, axis=0)


if TRAIN_BEST:
    print("Accuracy (on validation data):")
    best = train_best_network(SEED)
    predictions = predict_best(best, validation_examples).argmax(axis=1)
    print(f"  averaged: {np.mean(predictions == validation_targets):.4f}")

# %% [markdown] id="best-test"
# Only now, with nothing left to tune, do we use the test set: once.

# %% id="best-test-accuracy"
if TRAIN_BEST:
    test_targets, test_examples = parse_labels_and_features(load_mnist_dataframe("test"))
    probabilities = predict_best(best, test_examples)
    print(f"Accuracy on test data: {np.mean(probabilities.argmax(axis=1) == test_targets):.4f}")

    mistakes = confident_mistakes(test_targets, probabilities)
    plot_mistakes(test_examples, mistakes.head(20))
    plt.show()

# %% [markdown] id="best-read"
# The copies teach the network which changes do not matter. The figure shows its most confident
# mistakes on ten thousand digits. How many of these would you have got right?
#
# **Try it:** in the cell that plots copies of one digit, pass `strength=3` to `deform`. Is every copy
# still the same digit? What would a network learn from copies like these?

# %% [markdown] id="takeaways"
# ## What to take away
#
# - Look at the examples that a model gets wrong, not only at their number.
# - Compare two models on the same examples, and ask whether the difference could be chance.
# - A single run, evaluated on 2,500 digits, measures an accuracy to about ±0.01.
# - Cross entropy depends on how certain a model is; accuracy does not.
# - The best of many results looks better than it is: keep digits aside that played no part in the
#   choice.
# - Prepare new data in the same way as the training data.
# - If you can't get more data, make copies that change only what does not matter.
