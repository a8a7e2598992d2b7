# %% id="licence"
# Copyright 2026 the authors of mnist_nn
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

# %% [markdown] id="title"
# # Classifying handwritten digits with a neural network
#
# Every image in this notebook shows one digit that somebody wrote by hand. You will teach a
# computer to say which. First comes a linear model, as simple as can be; then a neural network
# with a few hidden layers and a softmax layer on top.
#
# **What you will do and learn**
#
# - Train a linear model and a neural network on the MNIST data.
# - Compare how well the two classify digits they have not seen.
# - Look at the weights of the network's first hidden layer, and see what it has learned to look at.
#
# There are three tasks. Plan about an hour; each training call takes a few seconds.

# %% [markdown] id="how-checks-work" only="exercise"
# After each task, a cell checks your answer and tells you in a line whether it holds (✔) or what to
# look at (✘). A solution is folded away below each task: click on it to open it.

# %% id="install" generated="install"
# Written by notebooks/build.py.

# %% [markdown] id="setup"
# ## Setup
#
# MNIST is a collection of 60,000 handwritten digits for training and 10,000 for testing. We work
# with `mnist_train_small`, a random sample of 20,000 rows of the training set. It comes with the
# `mnist_nn` package, so nothing is downloaded.
#
# The next cell loads the data, keeps the first 10,000 rows, and shuffles them, so that a part of
# the table is a fair sample of the whole. The index on the left keeps the old row numbers.
#
# All that is random here starts from `SEED`: with the same seed, running the notebook again gives
# the same results. Change it, or pass `seed=None` to a training call, to see how much is luck.

# %% id="load"
import numpy as np
import pandas as pd
from sklearn import metrics

from mnist_nn import (
    build_linear_model,
    build_nn_model,
    create_training_dataset,
    load_mnist_dataframe,
    parse_labels_and_features,
    plot_digit,
    plot_weights,
    set_language,
    show_figures,
    train_linear_classification_model,
    train_nn_classification_model,
)

set_language("en")
SEED = 1
generator = np.random.default_rng(SEED)

pd.options.display.max_rows = 10
pd.options.display.float_format = "{:.1f}".format

mnist_dataframe = load_mnist_dataframe("train")
mnist_dataframe = mnist_dataframe.head(10000)
mnist_dataframe = mnist_dataframe.reindex(generator.permutation(mnist_dataframe.index))
mnist_dataframe.head()

# %% [markdown] id="table"
# Each row is one labelled example. Column 0 is the **label**: the digit that was written, from 0 to
# 9. Columns 1 to 784 are the **features**: the pixels of an image 28 pixels wide and 28 high
# (28 × 28 = 784), one row of pixels after the other, from 0 for the background to 255 for full ink.
#
# Most of the numbers you see are zero, because the table shows the edges of the images, and nobody
# writes there. Look closer, at a pixel nearer to the middle, and not all of them are.

# %% id="one-pixel"
mnist_dataframe.loc[:, 72:72]

# %% [markdown] id="problem"
# The images have few pixels and much contrast, and each shows exactly one of ten digits. So this is
# **multi-class classification**: for each example we predict one class out of ten.
#
# The file has no header row, so the columns have no names but their numbers. We pick them out with
# `loc`. Unlike elsewhere in Python, `loc` includes both ends: `loc[:, 1:784]` is all 784 pixels.

# %% [markdown] id="parse"
# `parse_labels_and_features` takes the table apart. The labels are column 0, as a Series. The
# features are columns 1 to 784, as a DataFrame, divided by 255 so that they lie between 0 and 1.

# %% id="parse-example"
labels, features = parse_labels_and_features(mnist_dataframe.head())

print("labels:  ", labels.shape, labels.to_list())
print("features:", features.shape, "from", features.min().min(), "to", features.max().max())

# %% [markdown] id="split"
# The first 7,500 rows of the shuffled table become the **training set**, from which the models
# learn. The other 2,500 become the **validation set**, on which we see how well they do on digits
# they have not learned from. (`[0:7500]` counts rows by position, from 0, and leaves out row
# 7,500.)
#
# `describe()` sums up each column: `count` is the number of rows, `min` and `max` lie between 0 and
# 1. Columns at the edges of the image hold little but zeros.

# %% id="training-set"
training_targets, training_examples = parse_labels_and_features(mnist_dataframe[0:7500])
training_examples.describe()

# %% id="validation-set"
validation_targets, validation_examples = parse_labels_and_features(mnist_dataframe[7500:10000])
validation_examples.describe()

# %% [markdown] id="look"
# Draw an example at random from the training set, and look at it. Bright pixels are ink. Would you
# have known the digit without its label?

# %% id="random-example"
random_example = generator.choice(training_examples.index)
plot_digit(training_examples.loc[random_example], training_targets.loc[random_example])
show_figures()

# %% [markdown] id="random-example-read"
# The grid of 28 × 28 squares is all that a model gets to see. Strokes are a few pixels wide and fade
# at their edges, and the digit stands in the middle with a margin around it, as in every image of
# MNIST.

# %% id="checks" only="exercise"
from mnist_nn.checks import (
    check_linear_classifier,
    check_network,
    check_test_accuracy,
    check_weights,
)

# %% [markdown] id="task-1"
# ## Task 1: Build a linear model for MNIST
#
# Begin with something to compare with: a linear classifier. It gives each class a score, a weighted
# sum of all pixels, and so holds ten *one-versus-all* classifiers, one for each class *k*: "a *k*,
# or any other digit?" Softmax then turns the ten scores into probabilities that add up to 1.
#
# Besides the accuracy, and the log loss over time, the training call shows a **confusion
# matrix**: for each true digit (a row), which shares of its examples were taken for which digit
# (the columns).
#
# Note that the log loss it prints is *not* the loss that training minimises. Training minimises
# the cross entropy of the probabilities. The number printed takes the most probable class as if
# it were certain: each wrong digit costs 34.54 (minus the logarithm of 10⁻¹⁵), each right one
# nothing. So it is 34.54 times the error rate, and a log loss of 3.454 means that one digit in
# ten is wrong.

# %% [markdown] id="feature-columns"
# A model has to be told the form of its input. Where the original exercise, in TensorFlow 1, had a
# *feature column* for that, Keras has an `Input`: here one named `pixels`, 784 numbers an example.
# (The `None` in its shape stands for the number of examples, which may be any.)

# %% id="pixels"
import keras

pixels = keras.Input(shape=(784,), name="pixels")
print(pixels.name, pixels.shape)

# %% [markdown] id="input-functions"
# Training and prediction need their data in different ways. The original wrote an *input function*
# for each.
#
# **For training**, `create_training_dataset` deals small random batches. The steps are divided into
# ten *periods*, and each period starts afresh: it shuffles the training set, cuts it into batches,
# repeats these, and deals them in random order. A step sees one batch, so 100 steps with batches of
# 10 see 1,000 examples at most: with few steps, much of the data is never used. Here is the first
# batch of such a dataset.

# %% id="training-dataset"
training_dataset = create_training_dataset(
    training_examples, training_targets, batch_size=10, steps=100, seed=SEED
)
print("Number of batches:", len(training_dataset))
for batch_features, batch_labels in training_dataset.take(1):
    print("Features of the first batch:", batch_features.shape)
    print("Labels of the first batch:", batch_labels.numpy())

# %% [markdown] id="predict-input"
# **For prediction**, every row is needed once, in order. Keras takes the DataFrame as it is:
# `classifier.predict(examples, batch_size=...)` returns ten probabilities for each example.

# %% [markdown] id="linear-trainer"
# `train_linear_classification_model` puts these together. It trains for a tenth of the steps in
# each of ten periods. After each period it predicts the training and the validation set, and prints
# the log loss on the validation set. At the end it shows the accuracy, the log loss over the
# periods, and the confusion matrix; and it returns the trained model.
#
# This is the model it trains: a single layer of weights.

# %% id="linear-model"
build_linear_model().summary()

# %% [markdown] id="try-linear"
# **Spend five minutes on seeing how well a linear model can do.** Change nothing but the batch
# size, the learning rate and the number of steps, in the next cell, and run it again. Stop when the
# accuracy is above 0.9, or when it no longer rises: much further a linear model does not get.

# %% id="linear-first-call"
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

# %% [markdown] id="task-1-solution" fold="Task 1"
# ### Solution
#
# These settings bring the accuracy close to 0.9, which is about as far as a linear model gets. More
# steps may add a little.

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

# %% id="check-linear" only="exercise"
check_linear_classifier(linear_classifier, validation_examples, validation_targets)

# %% [markdown] id="linear-read"
# Read the confusion matrix row by row. The dark diagonal are the digits recognised; every shade
# beside it are digits taken for another, so the palest diagonal fields belong to the digits that
# are hardest. Which does the linear model mix up, and do they look alike when people write them?

# %% [markdown] id="task-2"
# ## Task 2: Replace the linear classifier with a neural network
#
# Put a neural network in its place, and find settings with which it reaches an accuracy of 0.95 or
# better.
#
# You may want to try regularisation, too: `train_nn_classification_model` takes `dropout=0.2`, for
# example, or `l2=0.001`, `l1=0.001`, `batch_normalization=True`. Or build a Keras network of your
# own: `train_classification_model(model, learning_rate=0.05, ...)` from `mnist_nn` trains any that
# turns 784 pixels into ten probabilities.

# %% [markdown] id="task-2-how" only="exercise"
# Write your training call into the next cell, in place of `None`. It needs one argument more than
# the linear one: `hidden_units`, the number of nodes of each hidden layer, as in
# `hidden_units=[20, 20]`. A solution of both parts of this task is folded away below the test set.

# %% id="task-2-answer" only="exercise"
classifier = None  # YOUR CODE HERE

# %% id="check-network" only="exercise"
check_network(classifier, validation_examples, validation_targets)

# %% [markdown] id="test-set"
# When the model does well enough on the validation set, check that it did not just come to fit that
# set: you have chosen its settings there, after all. The **test set** has 10,000 digits that played
# no part in anything so far.

# %% id="load-test"
mnist_test_dataframe = load_mnist_dataframe("test")

test_targets, test_examples = parse_labels_and_features(mnist_test_dataframe)
test_examples.describe()

# %% [markdown] id="test-how" only="exercise"
# Predict the digit of each row of `test_examples`, and compute which share of the predictions is
# right. `classifier.predict(...)` returns ten probabilities for each row, `.argmax(axis=1)` finds
# the largest of each, and `metrics.accuracy_score(true_labels, predicted_labels)` the share.

# %% id="test-answer" only="exercise"
test_predictions = None  # YOUR CODE HERE
accuracy = None  # YOUR CODE HERE

# %% id="check-test" only="exercise"
check_test_accuracy(
    test_predictions,
    accuracy,
    classifier,
    training_examples,
    validation_examples,
    validation_targets,
    test_examples,
    test_targets,
)

# %% [markdown] id="task-2-solution" fold="Task 2"
# ### Solution
#
# `train_nn_classification_model` does what its linear counterpart does, with `hidden_units` as one
# more argument: the number of nodes of each hidden layer. Each node takes a weighted sum of the
# layer below and passes it on if it is positive (ReLU); a softmax layer on top turns ten scores
# into probabilities. Note how many more weights there are now.
#
# The settings below are the original exercise's. As a rule they end just below the 0.95 of the task;
# settings that reach it follow at the end.

# %% id="nn-model" fold="Task 2"
build_nn_model(hidden_units=[100, 100]).summary()

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
# Compare with the linear model (mind the scales of the axes): both curves end lower, and the
# confusion matrix has less beside its diagonal. After some training, the curve of the training set
# lies below that of the validation set: a model knows best what it has learned from. A gap that
# widens while the validation curve rises would be overfitting.

# %% [markdown] id="test-accuracy-solution" fold="Task 2"
# Now the test set. The predicted class of an example is the one with the largest probability.

# %% id="test-accuracy" fold="Task 2"
test_probabilities = classifier.predict(test_examples, batch_size=100, verbose=0)
test_predictions = test_probabilities.argmax(axis=1)

accuracy = metrics.accuracy_score(test_targets, test_predictions)
print(f"Accuracy on test data: {accuracy:0.2f}")

# %% [markdown] id="nn-longer-why" fold="Task 2"
# Twice the steps, with larger batches, reach the 0.95 of the task. (For the check of your answer,
# call this network `classifier`.)

# %% id="nn-longer" fold="Task 2"
longer_classifier = train_nn_classification_model(
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
# Both curves end lower once more, and flatten: further steps will add ever less. Mind how close to
# zero the curve of the training set comes.

# %% [markdown] id="task-3"
# ## Task 3: Visualise the weights of the first hidden layer
#
# What has the network learned? Its input layer has one node for each of the 784 pixels, so 784
# weights go into each node of the first hidden layer, one for each pixel. Put these weights where
# their pixels are, and they are a 28 × 28 image: what this node looks for.
#
# `classifier.layers[0].kernel.numpy()` gives the weights of the first hidden layer as an array, and
# `plot_weights` draws an image for each node. All images share one colour scale: red is a weight
# above zero (ink here excites the node), blue one below zero (ink here inhibits it), white is zero.
# `limit=` sets where the colours end, so that several figures can be compared; `original_look=True`
# gives the look of the original exercise, which scaled each image by itself.
#
# **Look at the weights of networks trained for 10, 100 and 1,000 steps. What is different between
# them?** What does that say about which nodes matter?

# %% [markdown] id="task-3-how" only="exercise"
# Train three networks with the same settings and the same seed, so that only the steps differ. Call
# them `network`, so that `classifier` stays what it is, and keep the weights of each as
# `weights[10]`, `weights[100]` and `weights[1000]`. Then draw them.

# %% id="task-3-answer" only="exercise"
weights = {10: None, 100: None, 1000: None}  # YOUR CODE HERE

# %% id="check-weights" only="exercise"
check_weights(weights)

# %% [markdown] id="task-3-solution" fold="Task 3"
# ### Solution
#
# The cell below expects the trained network in a variable called `classifier`, which has been
# trained for 1,000 steps. It lists the names of the network's variables, takes the weights of the
# first hidden layer, and draws them.

# %% id="weights" fold="Task 3" figure="weights.png"
variables = {variable.path: variable for variable in classifier.variables}
print("\n".join(variables))

weights0 = variables["dnn/hiddenlayer_0/kernel"].numpy()
print("weights0 shape:", weights0.shape)

weights = {1000: weights0}
limit = abs(weights0).max()
plot_weights(weights0, limit=limit)
show_figures()

# %% [markdown] id="weights-read" fold="Task 3"
# The first hidden layer learns low-level features: blurred regions, and strokes that are parts of
# digits. Around the edges, where no ink ever falls, the weights stay as random as they began. Some
# nodes are noise all over: they have not converged, or the layers above ignore them.
#
# Now train for fewer steps, and look at the weights again, in the same colour scale.

# %% [markdown] id="ten-steps" fold="Task 3"
# #### With 10 steps

# %% id="nn-10-steps" fold="Task 3"
classifier = train_nn_classification_model(
    learning_rate=0.05,
    steps=10,
    batch_size=30,
    hidden_units=[100, 100],
    training_examples=training_examples,
    training_targets=training_targets,
    validation_examples=validation_examples,
    validation_targets=validation_targets,
    seed=SEED,
)

# %% id="weights-10-steps" fold="Task 3"
variables = {variable.path: variable for variable in classifier.variables}
weights0 = variables["dnn/hiddenlayer_0/kernel"].numpy()
print("weights0 shape:", weights0.shape)

weights[10] = weights0
plot_weights(weights0, limit=limit)
show_figures()

# %% [markdown] id="hundred-steps" fold="Task 3"
# Compare the matrix with the one above: which digits does the network tell apart already, and which
# does it take for which? The images show hardly anything yet.
#
# #### With 100 steps

# %% id="nn-100-steps" fold="Task 3"
classifier = train_nn_classification_model(
    learning_rate=0.05,
    steps=100,
    batch_size=30,
    hidden_units=[100, 100],
    training_examples=training_examples,
    training_targets=training_targets,
    validation_examples=validation_examples,
    validation_targets=validation_targets,
    seed=SEED,
)

# %% id="weights-100-steps" fold="Task 3"
variables = {variable.path: variable for variable in classifier.variables}
weights0 = variables["dnn/hiddenlayer_0/kernel"].numpy()
print("weights0 shape:", weights0.shape)

weights[100] = weights0
plot_weights(weights0, limit=limit)
show_figures()

# %% [markdown] id="what-differs" fold="Task 3"
# #### What is different
#
# After 10 steps, each image is still close to the noise it began with, and yet the network does far
# better than guessing. After 100 steps, faint shapes stand out. After 1,000, they are clear in many
# nodes, and the accuracy has risen with them, though ever more slowly. The noise has not gone: it
# lies under the shapes as strong as before. A node whose image still looks as it did at the start
# has hardly been trained, and matters little to the layers above it.

# %% [markdown] id="takeaways"
# ## What to take away
#
# - A linear model with one weight per pixel and class is a strong baseline. A network does better:
#   its hidden nodes respond to strokes and their parts, and further layers combine these.
# - Choose settings on the validation set; judge the result on the test set, once.
# - The weights of a first hidden layer can be looked at, and show what a network looks for.
