# %% [markdown] id="title"
# # Going further: see what the networks learned
#
# The exercise ends with questions. Which digits get mixed up? What do ten, a hundred and a thousand
# steps change? How far do the two models differ, and how much of it is luck? Here are pictures that
# answer them, and some more that its data can answer.
#
# **What you will do and learn**
#
# - Watch weights turn from noise into strokes.
# - Look at the digits that the models get wrong, and compare the models digit by digit.
# - See how much an accuracy means when a run is a draw and a validation set is small.
# - Compare the two log losses, learning curves, and ways to begin.
# - See how far a network made of dense layers can get on 7,500 examples.
#
# There is nothing to fill in: run the cells, change what you like, and look. It takes half an hour
# to read; the cells before the last section run for a minute or two.

# %% id="install" generated="install"
# Written by notebooks/build.py.

# %% [markdown] id="setup"
# ## Setup
#
# The data and the split are those of the exercise. `data` holds the four tables that every training
# call takes, so that `**data` hands them over.

# %% id="load"
import os

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML

from mnist_nn import (
    KeepWeights,
    animate_weights,
    compare_predictions,
    confident_mistakes,
    confused_pairs,
    confusion_matrix,
    count_dead_units,
    load_mnist_dataframe,
    parse_labels_and_features,
    plot_accuracies,
    plot_confusion_difference,
    plot_cross_entropy,
    plot_examples,
    plot_log_loss,
    plot_mistakes,
    plot_runs,
    plot_weights_over_training,
    set_language,
    show_figures,
    train_classification_model,
    train_linear_classification_model,
    train_nn_classification_model,
)

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
# The exercise trains three networks to compare their weights. One run is enough, if somebody takes
# notes: `KeepWeights` is a Keras callback that keeps the weights of the first hidden layer after
# each period. `periods` may list how many steps each period has; here the periods end after 1, …,
# 10, …, 100, …, 1,000 steps.
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
# The early steps change most: as Adagrad goes on, it takes smaller steps for weights that have
# moved much already. Which of the images look like parts of a digit?

# %% [markdown] id="mistakes"
# ## Which digits, which examples
#
# A confusion matrix tells how many. Let us see the digits themselves: first those that the network
# is most certain of, and wrong.

# %% id="confident-mistakes"
network_probabilities = network.predict(validation_examples, batch_size=100, verbose=0)
network_predictions = network_probabilities.argmax(axis=1)

mistakes = confident_mistakes(validation_targets, network_probabilities)
plot_mistakes(validation_examples, mistakes.head(20))
show_figures()

# %% [markdown] id="mistakes-read"
# Below each digit stand its label → what the network says, and the probability that it gave to that. Some of these you
# might have read as it did; in others the digit is plain to see, and the network has no excuse.
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
# which does the network mend, and which does it break?

# %% id="compare"
linear = train_linear_classification_model(**linear_settings, **data, steps=1000, seed=SEED)
linear_predictions = linear.predict(validation_examples, batch_size=100, verbose=0).argmax(axis=1)

comparison = compare_predictions(validation_targets, linear_predictions, network_predictions)
print("both right:       ", comparison.both_right.sum())
print("mended by network:", comparison.mended.sum())
print("broken by network:", comparison.broken.sum())
print("both wrong:       ", comparison.both_wrong.sum())
print(f"p-value:           {comparison.p_value:.1e}")

# %% [markdown] id="p-value"
# The last line is *McNemar's test*. Suppose both models were equally good: then an example on which
# they differ would be mended or broken with equal chance, like a coin that falls. The p-value says
# how often coins would fall as unevenly as that, or more so. The closer to zero, the harder it is to
# believe in chance.
#
# Ten digits that the network mends, and ten that it breaks; below each, its label and what the
# linear model and the network say:

# %% id="mended-broken"
for changed in (comparison.mended, comparison.broken):
    chosen = np.flatnonzero(changed)[:10]
    texts = [
        f"{label}:\n{first} → {second}"
        for label, first, second in zip(
            validation_targets.iloc[chosen],
            linear_predictions[chosen],
            network_predictions[chosen],
            strict=True,
        )
    ]
    plot_examples(validation_examples.iloc[chosen], texts)
show_figures()

# %% [markdown] id="difference-matrix"
# And the difference of the two confusion matrices, network minus linear model, in percentage points
# of each row. Blue on the diagonal: more digits recognised. Red beside it: fewer mistaken.

# %% id="confusion-difference"
plot_confusion_difference(
    confusion_matrix(validation_targets, linear_predictions),
    confusion_matrix(validation_targets, network_predictions),
)
show_figures()

# %% [markdown] id="difference-read"
# Digits with a deep blue field on the diagonal gain most from hidden layers. Is there a confusion
# beside the diagonal, a blue one, that the network commits more often than the linear model?

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
# Dots are runs, the diamond is their mean, the bar one standard deviation to either side. The two
# models are far apart beside that. But two settings of one model whose accuracies differ by less
# than the bar are not told apart by one run each.
#
# And the validation set is a draw, too. Of 2,500 digits, a model that gets a share *p* right in the
# long run gets *p* ± √(*p*(1 − *p*)/2500) right: the next cell computes it. So of an accuracy such as
# 0.9436, the second digit after the point can be relied on to within one, and the third and fourth
# mean nothing by themselves.

# %% id="standard-error"
for name, values in accuracies.items():
    share = np.mean(values)
    print(f"{name}: {share:.3f} ± {np.sqrt(share * (1 - share) / 2500):.3f}")

# %% [markdown] id="losses"
# ## The two log losses
#
# The log loss that the trainers print takes the predicted class for certain, so it is 34.54 times
# the error rate. Training minimises another, the *cross entropy*: minus the logarithm of the
# probability given to the right digit, in the mean over the examples. Here are both, for a network
# that is trained far too long on few examples.

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
# On the left, the error rate on the validation set falls and then stays. On the right, the cross
# entropy on the validation set turns and rises, while the training set's goes on falling: the
# network grows ever more certain, also of its mistakes. Only the cross entropy can rise while the
# accuracy improves, for it sees *how* wrong an answer is. One mistake made with a probability of
# 0.999 costs it more than many narrow ones, where the printed log loss counts each mistake alike.

# %% [markdown] id="learning-curves"
# ## How much data?
#
# Both models, trained on 100 to 17,500 rows of the training file, with the same number of steps; the
# last 2,500 rows of the shuffled file are the validation set.

# %% id="rows"
rows_of_file = table.reindex(np.random.default_rng(SEED).permutation(table.index))
held_out_targets, held_out_examples = parse_labels_and_features(rows_of_file[17500:])
steps = 100 if QUICK else 3000
curves = {"linear": {}, "network": {}}
for n_rows in (100, 1000) if QUICK else (100, 300, 1000, 3000, 7500, 17500):
    targets, examples = parse_labels_and_features(rows_of_file[:n_rows])
    split = (examples, targets, held_out_examples, held_out_targets)
    model = train_linear_classification_model(0.03, steps, 30, *split, seed=SEED, verbose=0)
    curves["linear"][n_rows] = model.history.history["val_accuracy"][-1]
    model = train_nn_classification_model(0.05, steps, 30, [100, 100], *split, seed=SEED, verbose=0)
    curves["network"][n_rows] = model.history.history["val_accuracy"][-1]

plot_accuracies(curves, xlabel="Training rows", logarithmic=True)
show_figures()

# %% [markdown] id="rows-read"
# With a hundred rows the two are close: there is not enough to learn strokes from. Then the linear
# model levels out, whatever it is given, while the network keeps gaining. Where a curve still rises
# at its right end, more data would help more than another setting.

# %% [markdown] id="initialisation"
# ## How to begin, and how to bend
#
# The same network, with weights that start from zero or from Glorot's random numbers, and with ReLU
# or the sigmoid as the activation of its nodes.

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
        train_classification_model(model, 0.05, 1000, 30, **data, seed=SEED, verbose=0)
        name = f"{activation}, {initializer}"
        histories[name] = model.history.history["val_accuracy"]
        print(f"{name:24s} dead units: {count_dead_units(model, validation_examples)}")

plot_accuracies(histories)
show_figures()

# %% [markdown] id="initialisation-read"
# From zero, ReLU learns nothing: each hidden unit puts out zero, for every example and for good, so
# that all are *dead*, and only the biases of the last layer can answer with the most frequent digit.
# With the sigmoid from zero, units put out something, but all of a layer the same, and all are
# corrected alike: a hundred copies of one unit. Random weights tell units apart, which is why
# networks start from them. Between the two that do, see which is quicker at this learning rate.

# %% [markdown] id="takeaways"
# ## What to take away
#
# - Look at the examples that a model gets wrong, not only at their number.
# - Compare two models on the same examples, and ask how much chance could do.
# - A single run, judged on a small validation set, is good for two digits of an accuracy.
# - Cross entropy sees certainty, accuracy does not. More data beat more steps, once steps suffice.
