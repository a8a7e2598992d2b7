# %% [markdown] id="title" attach="digits.png"
# # Classifying handwritten digits with a neural network
#
# **What you will do and learn**
#
# - Train a linear model and a neural network on the MNIST data.
# - Compare how well the two classify new digits.
# - Look at the weights of the network's first hidden layer, to see what it has learned.
#
# The three tasks take about an hour. The exercise follows
# [*Classifying Handwritten Digits with Neural Networks*](https://github.com/google/eng-edu/blob/main/ml/cc/exercises/estimators/multi-class_classification_of_handwritten_digits.ipynb)
# of Google's machine learning course of 2018, called *the original* below.
#
# **How to run a cell:** click on it and press Shift+Enter. Run the cells from top to bottom. The
# first two code cells draw these digits:
#
# ![Twenty handwritten digits, dark on light, with their labels.](attachment:digits.png)

# %% [markdown] id="points" only="course"
# **Points**
#
# | task | points |
# |---|---|
# | 1: question | 1 |
# | 1: linear model with an accuracy of 0.88 on the validation set | 4 |
# | 2: question | 1 |
# | 2: network with an accuracy of 0.95 on the validation set | 5 |
# | 2: predictions for the test set, and their accuracy | 4 |
# | 3: question | 2 |
# | 3: three networks that differ only in their steps | 3 |
# | in all | 20 |
#
# The linear model gets all points from 0.878 on and none at 0.84 or below, the network all from
# 0.948 on and none at 0.90 or below; in between, the points rise evenly. The test set counts in
# full if predictions and accuracy are right and the network has at least 0.90; with a weaker
# network less, down to none at 0.10, which is guessing. A model that was trained on validation or
# test digits gets nothing; the test set still counts half after training on validation digits.
#
# Every correct way to an answer gets all points. Before you hand in, restart the kernel and run all
# cells: your notebook is run again, and what counts is what your variables are then, at each check
# or at the end, whichever is better. Write your answers to questions into their cells.

# %% id="install" generated="install"
# Written by notebooks/build.py.

# %% id="load" figure="digits.png"
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn import metrics

from mnist_nn import (
    build_nn_model,
    compile_classification_model,
    create_training_dataset,
    load_mnist_dataframe,
    log_loss,
    parse_labels_and_features,
    plot_digit,
    plot_weights,
    set_language,
    train_linear_classification_model,
    train_nn_classification_model,
)
from mnist_nn.analysis import plot_examples, plot_gradient, plot_probabilities

import keras

set_language("en")
keras.config.set_floatx("float64")  # nearly the same results on every computer
SEED = 1
generator = np.random.default_rng(SEED)

pd.options.display.max_rows = 10
pd.options.display.float_format = "{:.1f}".format

mnist_dataframe = load_mnist_dataframe("train")
mnist_dataframe = mnist_dataframe.head(10000)
mnist_dataframe = mnist_dataframe.reindex(generator.permutation(mnist_dataframe.index))

first_rows = mnist_dataframe.head(20)
plot_examples(first_rows.loc[:, 1:784], labels=first_rows[0])
plt.show()

# %% [markdown] id="setup"
# ## Setup
#
# MNIST is a collection of 70,000 handwritten digits. We use `mnist_train_small`, a random sample of
# 20,000 training digits, which comes with `mnist_nn`. The cell above keeps the first 10,000 rows
# and shuffles them, so that any large slice is representative.
#
# `SEED` controls randomness: with the same seed, the notebook prints nearly the same numbers on
# every computer. Change it to see the role of chance.

# %% id="head"
mnist_dataframe.head()

# %% [markdown] id="table"
# Each row is one **example**. Column 0 is its **label**: the digit that was written. Columns 1 to
# 784 are its **features**: the pixels of a 28 × 28 image, row by row, from 0 for the background to
# 255 for full ink.
#
# The pixels shown are all 0: they lie at the edges, where hardly anybody writes. Pixel 72, near the
# middle of the third row, is above 0 for some digits:

# %% id="one-pixel"
mnist_dataframe.loc[:, 72:72]

# %% [markdown] id="problem"
# Each image shows exactly one of ten digits, so this is **multi-class classification**: we predict
# one class out of ten.
#
# The data file has no header row, so we select columns by number. Unlike most slices, `loc`
# includes both ends: `loc[:, 1:784]` means all 784 pixels.

# %% [markdown] id="parse"
# `parse_labels_and_features` returns the labels as a Series and the features as a DataFrame of
# numbers from 0 to 1: the pixels, divided by 255.

# %% id="parse-example"
labels, features = parse_labels_and_features(mnist_dataframe.head())

print(f"labels:   {labels.shape}, {labels.to_list()}")
print(f"features: {features.shape}, from {features.min().min()} to {features.max().max()}")

# %% [markdown] id="split"
# The models learn from the first 7,500 rows, the **training set**. The other 2,500 become the
# **validation set**: no model learns from it, so it shows whether a model can read new digits or
# only knows the 7,500 by heart. A third set, the **test set**, judges the final model in Task 2.
# (`[0:7500]` counts positions, and ends before 7,500.)
#
# `describe()` summarises each column; at the edges, nearly all is 0:

# %% id="training-set"
training_targets, training_examples = parse_labels_and_features(mnist_dataframe[0:7500])
training_examples.describe()

# %% id="validation-set"
validation_targets, validation_examples = parse_labels_and_features(mnist_dataframe[7500:10000])
validation_examples.describe()

# %% [markdown] id="look"
# Plot a random training example. Bright is ink.

# %% id="random-example"
random_example = generator.choice(training_examples.index)
plot_digit(training_examples.loc[random_example], training_targets.loc[random_example])
plt.show()

# %% [markdown] id="random-example-read"
# A model gets these 784 numbers as a list: it is not told which pixels are neighbours.

# %% [markdown] id="task-1"
# ## Task 1: Build a linear model for MNIST
#
# Start with a baseline: a linear classifier. For each class, it multiplies every pixel by a
# *weight* and adds up the results and a *bias*. These ten sums are the *scores* of the classes.
# *Softmax* turns them into probabilities that add up to 1. At the start, all 7,850 parameters (784
# × 10 weights and 10 biases) are 0.

# %% id="pixels"
pixels = keras.Input(shape=(784,), name="pixels")
scores = keras.layers.Dense(10, kernel_initializer="zeros")(pixels)
model = keras.Model(pixels, keras.layers.Softmax()(scores))

compile_classification_model(model, learning_rate=0.02)  # sets loss and optimizer: see below
model.summary()

# %% [markdown] id="input-functions"
# ### What training does
#
# Training makes a **loss** smaller: a number that says how wrong the model is. Here, it is the
# [cross entropy](https://developers.google.com/machine-learning/glossary#cross-entropy), −ln *p*,
# where *p* is the probability that the model gives to the correct digit. It is 0 if the model is
# certain and right, and 2.30 if all ten digits are equally probable, as before training.
#
# Training goes in [steps](https://developers.google.com/machine-learning/glossary#step). Each takes
# a [batch](https://developers.google.com/machine-learning/glossary#batch) of random examples and
# computes the [gradient](https://developers.google.com/machine-learning/glossary#gradient) of their
# loss: how it changes with each weight. Then the optimizer (here *Adagrad*) moves the weights a
# little so that the loss falls. The [learning
# rate](https://developers.google.com/machine-learning/glossary#learning-rate) sets how far.
#
# `create_training_dataset` divides the steps into ten *periods*. In each period, it shuffles the
# training set, cuts it into batches, and picks one at random for each step.

# %% id="training-dataset"
training_dataset = create_training_dataset(
    training_examples, training_targets, batch_size=10, steps=100, seed=SEED
)
batch_features, batch_labels = next(iter(training_dataset))
print(f"Number of batches: {len(training_dataset)}")
print(f"Features of the first batch: {batch_features.shape}")
print(f"Labels of the first batch: {batch_labels.numpy()}")

plot_gradient(model, batch_features, batch_labels, validation_examples, validation_targets)
plt.show()

# %% [markdown] id="gradient-read"
# The dot is the model before training. Further right, the weights have moved further against
# the gradient. The
# loss on these ten digits falls, at first along the dashed line, until the move is too large. The
# loss on the validation set soon rises: the ten have no 2, 5, 7 or 8, so these become ever less
# probable. So the next cell takes 100 small steps, each with a new batch. Lower numbers are better.

# %% id="training-loop"
for step, (batch_features, batch_labels) in enumerate(training_dataset, start=1):
    model.train_on_batch(batch_features, batch_labels)

    if step % 10 == 0:  # the end of a period
        probabilities = model.predict(validation_examples, verbose=0)
        predicted_classes = probabilities.argmax(axis=1)
        print(f"step {step:3} : {log_loss(validation_targets, predicted_classes):0.2f}")

# %% [markdown] id="log-loss"
# The numbers fall, with ups and downs: the model learns. (It has used at most 1,000 of the 7,500
# examples: with few steps, much of the data is never seen. To start over, build the model again.)
#
# The loop prints the **log loss** on the validation set. It measures mistakes:
# it is 34.54 times the fraction of wrong digits, so 3.454 means that one digit in ten is wrong. Why
# 34.54? The original computed it from the predicted *digits*, as if the model were certain of them.
# If one is wrong, *p* is 0. −ln 0 is infinite, so scikit-learn took 10⁻¹⁵ instead, and −ln 10⁻¹⁵
# is 34.54. (Elsewhere, log loss and cross entropy mean the same.)
#
# | probability of the correct digit | cross entropy, which training makes smaller | log loss, which is printed |
# |---|---|---|
# | 0.96 | 0.04 | 0 |
# | 0.50 | 0.69 | 0 |
# | 0.001 | 6.91 | 34.54 |
#
# Before you look at thousands of predictions, look at one. `predict` returns ten probabilities for
# each example, and `argmax` picks the most probable digit. The black bar is *p*, the probability
# of the correct digit.

# %% id="one-prediction"
plot_digit(validation_examples.iloc[1], validation_targets.iloc[1])
plt.show()

probabilities = model.predict(validation_examples[1:2], verbose=0)  # a table of one row
label = validation_targets.iloc[1]
print(f"Predicted digit: {probabilities[0].argmax()}")
print(f"Cross entropy: {-np.log(probabilities[0, label]):.1f}")

plot_probabilities(probabilities, label)
plt.show()

# %% [markdown] id="linear-trainer"
# ### Train a linear model
#
# `train_linear_classification_model` builds the same model and runs the same loop. To read
# the code, run `import mnist_nn.training` and `mnist_nn.training??`. (Keras does not need the
# original's *feature columns* and *input functions*.) At the end, the function shows:
#
# - the **accuracy**: the fraction of correct predictions on the validation set;
# - the log loss after each period, on the training and the validation set;
# - the **confusion matrix**: one row per true digit, one column per predicted digit. Each number is
#   the fraction of the row's examples that got this prediction.
#
# What is a good accuracy? Guessing reaches 0.10. Choosing the digit with the nearest average
# amount of ink reaches 0.23, and with the nearest average image, 0.80.

# %% [markdown] id="how-checks-work" only="exercise"
# Below each task, a cell checks your answer. It shows ✔ if the answer is correct, and ✘ with a hint
# if not. (A printed 0.88 may be 0.876: the check uses the exact value.) To open a solution, click
# on it. Some questions have a cell for your answer: double-click on it to write.

# %% [markdown] id="how-checks-work-course" only="course"
# Below each task, a cell checks your answer. It shows ✔ if the answer is correct, and ✘ with a hint
# if not. (A printed 0.88 may be 0.876: the check uses the exact value.) The same checks grade your
# notebook. Some questions have a cell for your answer:
# double-click on it to write.

# %% id="checks" only="exercise course"
from mnist_nn.checks import (
    check_linear_classifier,
    check_network,
    check_networks,
    check_test_accuracy,
)

# %% [markdown] id="linear-question"
# **Guess first:** of 100 digits that it has never seen, how many will a well-trained linear model
# recognise? And which two digits will it confuse most often?

# %% [markdown] id="linear-question-answer" only="exercise course"
# *Your answer:*

# %% [markdown] id="linear-question-rubric" only="rubric"
# **1 point:** 0.5 for how many digits it will recognise, 0.5 for two digits that look alike.
# Students answer before they run it: a wrong number with a reason counts.

# %% [markdown] id="try-linear"
# **Spend five minutes seeing how well a linear model can do.** Run the next cell as it is: it
# prints the ten numbers of the loop above. Then change only its *hyperparameters*, the numbers that
# you choose and training does not change: the learning rate, the number of steps and the batch
# size. The task is done at an accuracy of 0.88 on the validation set.

# %% id="linear-first-call"
linear_classifier = None  # so that the check never sees an older answer

linear_classifier = train_linear_classification_model(
    learning_rate=0.02,
    steps=100,
    batch_size=10,
    training_examples=training_examples,
    training_targets=training_targets,
    validation_examples=validation_examples,
    validation_targets=validation_targets,
    seed=SEED,
)

# %% id="check-linear" only="exercise course"
check_linear_classifier(linear_classifier, validation_examples, validation_targets)

# %% [markdown] id="linear-read"
# Read your confusion matrix row by row. The dark diagonal shows correctly classified digits; any
# shading off it shows mistakes, and a shaded cell without a number is below 0.005. The smallest
# numbers on the diagonal belong to the hardest digits. Which digits does the linear model confuse,
# and do they look alike when people write them?

# %% [markdown] id="task-1-solution" fold="Task 1"
# ### Solution to Task 1
#
# Ten times the steps, three times the batch size and a learning rate of 0.03 bring the accuracy to
# 0.89. A linear model won't do much better.

# %% id="linear-solution" fold="Task 1"
linear_classifier = train_linear_classification_model(
    learning_rate=0.03,
    steps=1000,
    batch_size=30,
    training_examples=training_examples,
    training_targets=training_targets,
    validation_examples=validation_examples,
    validation_targets=validation_targets,
    seed=SEED,
)

# %% [markdown] id="linear-answer" fold="Task 1"
# **Answer:** about 90 of 100. Digits that look alike when people write them quickly are confused
# most often: 4 and 9, 7 and 9, 3 and 5.

# %% [markdown] id="task-2"
# ## Task 2: Replace the linear classifier with a neural network
#
# Use a neural network instead, and find hyperparameters with which it reaches an accuracy of 0.95
# or better on the validation set.
#
# A [hidden layer](https://developers.google.com/machine-learning/glossary#hidden-layer) is a layer
# of nodes between the pixels and the ten classes. Each node computes a weighted sum of the outputs
# of the layer before. If the sum is negative, the node returns 0 instead (*ReLU*). Without ReLU,
# several layers could do no more than a linear model.
#
# If you like, try these in your call:
#
# - [regularisation](https://developers.google.com/machine-learning/glossary#regularization), which
#   keeps a model from fitting the training set too closely (*overfitting*): `dropout=0.2` switches
#   off a random fifth of the nodes in each step, `l2=0.001` or `l1=0.001` adds a penalty for large
#   weights to the loss;
# - `batch_normalization=True`, which rescales the outputs of each hidden layer over the batch.
#
# Or build a network of your own: `train_classification_model(model, learning_rate=0.05, ...)` from
# `mnist_nn` trains any Keras model that turns 784 pixels into ten probabilities.

# %% [markdown] id="network-question"
# **Guess first:** a hidden layer can combine pixels into strokes. Which of the linear model's
# mistakes will a network avoid, and which will stay?

# %% [markdown] id="network-question-answer" only="exercise course"
# *Your answer:*

# %% [markdown] id="network-question-rubric" only="rubric"
# **1 point:** 0.5 for mistakes that a network avoids, because it combines pixels into strokes; 0.5
# for those that stay. Students answer before they run it: a wrong guess with a reason counts.

# %% [markdown] id="task-2-how" only="exercise"
# Write your training call into the next cell, below the first line. It takes one extra argument:
# `hidden_units`, the number of nodes of each hidden layer, as in `hidden_units=[200, 50]`. The
# solution to both parts of this task is below the check of the test accuracy.

# %% [markdown] id="task-2-how-course" only="course"
# Write your training call into the next cell, below the first line. It takes one extra argument:
# `hidden_units`, the number of nodes of each hidden layer, as in `hidden_units=[200, 50]`.

# %% id="task-2-answer" only="exercise course"
classifier = None

# YOUR CODE HERE: classifier = train_nn_classification_model(...)

# %% id="check-network" only="exercise course"
check_network(classifier, validation_examples, validation_targets)

# %% [markdown] id="test-set"
# You choose the hyperparameters by the accuracy on the validation set. Perhaps they fit that set by
# chance, so it may flatter the model. The **test set** has 10,000 digits that played no part so
# far. Use it once, at the end.

# %% id="load-test"
mnist_test_dataframe = load_mnist_dataframe("test")

test_targets, test_examples = parse_labels_and_features(mnist_test_dataframe)
test_examples.describe()

# %% [markdown] id="test-how" only="exercise course"
# Predict the digit of each row of `test_examples`, and compute the fraction of correct predictions.
# `classifier.predict(...)` returns ten probabilities per row, `.argmax(axis=1)` picks the most
# probable digit, and `metrics.accuracy_score(true_labels, predicted_labels)` computes the fraction
# that is correct.

# %% id="test-answer" only="exercise course"
test_predictions = None
accuracy = None

# YOUR CODE HERE: test_predictions = ..., accuracy = ...

# %% id="check-test" only="exercise course"
check_test_accuracy(
    test_predictions,
    accuracy,
    classifier,
    validation_examples,
    validation_targets,
    test_examples,
    test_targets,
)

# %% [markdown] id="task-2-solution" fold="Task 2"
# ### Solution to Task 2
#
# `train_nn_classification_model` builds this network. Compare its number of parameters with the
# linear model's 7,850.

# %% id="nn-model" fold="Task 2"
build_nn_model(hidden_units=[100, 100]).summary()

# %% [markdown] id="nn-original" fold="Task 2"
# Train it with the hyperparameters of the original exercise first. The accuracy ends at 0.946
# (printed as 0.95), just below the task's 0.95.

# %% id="nn-solution" fold="Task 2"
classifier = train_nn_classification_model(
    learning_rate=0.05,
    steps=1000,
    batch_size=30,
    hidden_units=[100, 100],
    training_examples=training_examples,
    training_targets=training_targets,
    validation_examples=validation_examples,
    validation_targets=validation_targets,
    seed=SEED,
)

# %% [markdown] id="nn-solution-read" fold="Task 2"
# Both curves end lower than those of the linear model (mind the numbers: the axes differ), and the
# confusion matrix has fewer numbers off the diagonal. As in Task 1, the training curve ends below
# the validation curve: a model does best on the digits that it has learned from.
#
# With twice the steps and larger batches, the accuracy reaches 0.955, above the task's 0.95.

# %% id="nn-longer" fold="Task 2"
classifier = train_nn_classification_model(
    learning_rate=0.05,
    steps=2000,
    batch_size=50,
    hidden_units=[100, 100],
    training_examples=training_examples,
    training_targets=training_targets,
    validation_examples=validation_examples,
    validation_targets=validation_targets,
    seed=SEED,
)

# %% [markdown] id="nn-longer-read" fold="Task 2"
# The log loss on the training set ends near zero: the network knows these digits by heart. The
# validation curve has almost stopped falling. The gap between the two is a sign of
# **overfitting**, still harmless here. If the validation curve rose for several periods, it would
# be time to stop.
#
# **Answer:** most kinds of mistakes become rarer: 5 predicted as 8, for example, falls from 0.04 to
# 0. Those between digits that look alike become rarer, but stay: 9 predicted as 7 falls from
# 0.05 to 0.02.
#
# Does regularisation help? Train the same network with it.


# %% id="nn-regularisation" fold="Task 2"
def print_gap(history):
    print(f"\n  cross entropy on the training set: {history['cross_entropy'][-1]:.3f}")
    print(f"  on the validation set: {history['val_cross_entropy'][-1]:.3f}")
    print(f"  accuracy on the validation set: {history['val_accuracy'][-1]:.4f}")


dots = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: print(".", end="", flush=True))
print("without", end="")
print_gap(classifier.history.history)
for options in ({"dropout": 0.2}, {"l2": 0.001}):
    print(options, end=" ", flush=True)
    model = train_nn_classification_model(
        learning_rate=0.05,
        steps=2000,
        batch_size=50,
        hidden_units=[100, 100],
        training_examples=training_examples,
        training_targets=training_targets,
        validation_examples=validation_examples,
        validation_targets=validation_targets,
        callbacks=[dots],  # a dot for each period
        seed=SEED,
        verbose=0,
        **options,
    )
    print_gap(model.history.history)

# %% [markdown] id="nn-regularisation-read" fold="Task 2"
# With regularisation, the cross entropy on the training set is larger, and on the validation set it
# is smaller: the gap between the two shrinks. But the validation accuracy does not rise.

# %% [markdown] id="test-accuracy-solution" fold="Task 2"
# Now compute the test accuracy:

# %% id="test-accuracy" fold="Task 2"
test_probabilities = classifier.predict(test_examples, batch_size=100, verbose=0)
test_predictions = test_probabilities.argmax(axis=1)

accuracy = metrics.accuracy_score(test_targets, test_predictions)
print(f"Accuracy on test data: {accuracy:0.2f}")
val_accuracy = classifier.history.history["val_accuracy"][-1]
print(f"(exactly {accuracy:.4f}, and {val_accuracy:.4f} on the validation set)")

# %% [markdown] id="test-read" fold="Task 2"
# The test accuracy is no lower: choosing the hyperparameters on the validation set did not flatter
# this network.

# %% [markdown] id="task-3"
# ## Task 3: Visualise the weights of the first hidden layer
#
# What has the network learned? Each node of the first hidden layer has 784 weights, one per pixel.
# Arrange them as a 28 × 28 image and you can see what the node looks for.
#
# `classifier.layers[0].kernel.numpy()` returns the weights of the first hidden layer as an array.
# (The list of layers begins after the input. Keras calls these weights the *kernel*.)
# `plot_weights` draws one image per node. All images share one colour scale: red is a weight above
# zero (ink here raises the sum), blue is one below zero (ink here lowers it), and white is zero.
# `limit=` sets where the colours end, so that you can compare several figures; `original_look=True`
# draws them as the original exercise did, each image on its own scale.
#
# **Look at the weights of networks trained for 10, 100 and 1,000 steps. How do they differ?** Which
# nodes change most?

# %% [markdown] id="weights-question"
# **Guess first:** what will the images look like after 10 steps, and what after 1,000? And what
# will the weights at the edges of the image do, where hardly anybody writes?

# %% [markdown] id="weights-question-answer" only="exercise course"
# *Your answer:*

# %% [markdown] id="weights-question-rubric" only="rubric"
# **2 points:** 0.5 for noise after 10 steps, 0.5 for shapes after 1,000; 0.5 for edges that stay as
# they began, 0.5 for the reason (no ink, so no gradient). Students answer before they run it: a
# wrong guess with a reason counts half.

# %% [markdown] id="task-3-how" only="exercise course"
# Train three networks that differ only in their steps: keep the other hyperparameters and the seed.
# Keep them as `networks[10]`, `networks[100]` and `networks[1000]`, so that you don't
# overwrite `classifier`. Then draw the weights of each.

# %% id="task-3-answer" only="exercise course"
networks = {10: None, 100: None, 1000: None}

# YOUR CODE HERE: networks[10] = ..., networks[100] = ..., networks[1000] = ...

# %% id="check-networks" only="exercise course"
check_networks(networks, training_examples)

# %% [markdown] id="task-3-solution" fold="Task 3"
# ### Solution to Task 3
#
# A loop trains the three networks. Apart from the steps, the hyperparameters are the original's.

# %% id="nn-by-steps" fold="Task 3"
networks = {}
for steps in (10, 100, 1000):
    print(f"=== {steps} steps ===")
    networks[steps] = train_nn_classification_model(
        learning_rate=0.05,
        steps=steps,
        batch_size=30,
        hidden_units=[100, 100],
        training_examples=training_examples,
        training_targets=training_targets,
        validation_examples=validation_examples,
        validation_targets=validation_targets,
        seed=SEED,
    )

# %% [markdown] id="thousand-steps" fold="Task 3"
# Compare the three confusion matrices: which digits does the network recognise after 10 steps, and
# which does it take for others?
#
# #### The weights after 1,000 steps
#
# These weights are the largest, so they set the colour scale: 99.5% of them lie between −`limit`
# and `limit`, and the few beyond have the end colours. This code also lists the names of the
# network's variables.

# %% id="weights" fold="Task 3" figure="weights.png"
variables = {variable.path: variable for variable in networks[1000].variables}
print("\n".join(variables))

weights0 = variables["dnn/hiddenlayer_0/kernel"].numpy()
print(f"weights0 shape: {weights0.shape}")

limit = np.quantile(abs(weights0), 0.995)
plot_weights(weights0, limit=limit)
plt.show()

# %% [markdown] id="weights-read" fold="Task 3"
# The first hidden layer learns low-level features: blurred regions, and strokes that are parts of
# digits. Some nodes are noise all over: training has hardly changed them.
#
# #### After 10 steps
#
# Draw them on the same colour scale:

# %% id="weights-10-steps" fold="Task 3"
weights0 = networks[10].layers[0].kernel.numpy()
plot_weights(weights0, limit=limit)
plt.show()

# %% [markdown] id="hundred-steps" fold="Task 3"
# Nearly all of this is the random weights from which training started.
#
# #### After 100 steps

# %% id="weights-100-steps" fold="Task 3"
weights0 = networks[100].layers[0].kernel.numpy()
plot_weights(weights0, limit=limit)
plt.show()

# %% id="most-changed" fold="Task 3"
first, last = (networks[steps].layers[0].kernel.numpy() for steps in (10, 1000))
changes = np.linalg.norm(last - first, axis=0)  # of the 784 weights of each node
row, column = divmod(changes.argmax(), 10)
print(f"The node that changes most: row {row + 1}, column {column + 1}")

# %% [markdown] id="what-differs" fold="Task 3"
# #### What is different
#
# After 10 steps, most images are still noise. Yet the network,
# with an accuracy of 0.53, recognises 89% of the 0s and 1s, and 95% of the 7s (but takes most 9s
# and half of the 4s for a 7). After 100 steps, many images show shapes. After 1,000 steps, these
# are stronger, and clearest in the nodes that change most. The accuracy has risen.
#
# Most nodes that are still noise give 0 for nearly every digit (ReLU), and then the gradient of
# their weights is 0, too.
#
# **Answer:** at the edges, the weights keep their random starting values. Most pixels there are 0
# in every training example. Their weights are multiplied by 0, so their gradient is 0.

# %% [markdown] id="takeaways"
# ## What to take away
#
# - Training makes a loss smaller, in many small steps, each guided by the gradient of a random
#   batch.
# - A linear model is a strong baseline. A network does better: its hidden nodes respond to regions
#   and parts of strokes.
# - Choose hyperparameters on the validation set. Judge the result on the test set, once.
#
# Finished? Continue with `going_further`, and try the models on your own handwriting.

# %% id="licence"
# Copyright 2026 the authors of mnist_nn
# Portions copyright 2017 Google LLC: the exercise "Classifying Handwritten Digits with Neural
# Networks". Changed: its code runs on TensorFlow 2 and Keras 3, and most of it is in a package; texts
# and figures are new; questions and checks have been added.
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     https://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
