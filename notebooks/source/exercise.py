# %% [markdown] id="title" attach="digits.png"
# # Classifying handwritten digits with a neural network
#
# Every image in this notebook shows one handwritten digit. You will teach a computer to recognise
# it: first with a simple linear model, then with a neural network that has a few hidden layers and
# a softmax layer on top.
#
# **What you will do and learn**
#
# - Train a linear model and a neural network on the MNIST data.
# - Compare how well the two classify digits that they have not seen.
# - Look at the weights of the network's first hidden layer, and see what it has learned.
#
# There are three tasks. Allow about an hour; each training call takes a few seconds.
#
# **How to run a cell:** click on it and press Shift+Enter. Run the cells from top to bottom. The
# first two take a few seconds and then draw these digits:
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
# 0.948 on and none at 0.90 or below; in between, the points rise evenly. The test set counts in full
# if predictions and accuracy are right and the network has at least 0.90; with a weaker network
# less, down to none at 0.10, which is guessing. A model that was trained on validation or test
# digits gets nothing; the test set still counts half after training on validation digits.
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
    build_linear_model,
    build_nn_model,
    create_training_dataset,
    load_mnist_dataframe,
    parse_labels_and_features,
    plot_digit,
    plot_weights,
    set_language,
    train_linear_classification_model,
    train_nn_classification_model,
)
from mnist_nn.analysis import plot_examples

import keras

set_language("en")
keras.config.set_floatx("float64")  # the same results on every computer
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
# MNIST is a collection of 60,000 handwritten digits for training and 10,000 for testing. We use
# `mnist_train_small`, a random sample of 20,000 rows of the training set. It comes with the
# `mnist_nn` package, so nothing is downloaded.
#
# The cell above loads the data, keeps the first 10,000 rows and shuffles them, so that any slice of
# the table is a representative sample. The index on the left keeps the old row numbers.
#
# All randomness in this notebook is controlled by `SEED`: with the same seed, you get the same
# results again. Change it, or pass `seed=None` to a training call, to see how much is down to
# chance.

# %% id="head"
mnist_dataframe.head()

# %% [markdown] id="table"
# Each row is one labelled example. Column 0 is the **label**: the digit that was written, from 0 to
# 9\. Columns 1 to 784 are the **features**: the pixels of an image 28 pixels wide and 28 high
# (28 × 28 = 784), row by row, from 0 for the background to 255 for full ink.
#
# Most of the numbers you see are zero, because the table shows the edges of the images, where
# nobody writes. Look at a pixel nearer the middle, and some values are not zero.

# %% id="one-pixel"
mnist_dataframe.loc[:, 72:72]

# %% [markdown] id="problem"
# The images have few pixels and high contrast, and each shows exactly one of ten digits. So this is
# **multi-class classification**: for each example, we predict one class out of ten.
#
# The file has no header row, so the columns are only numbered. We select them with `loc`. Unlike
# most slices in Python, `loc` includes both ends: `loc[:, 1:784]` means all 784 pixels.

# %% [markdown] id="parse"
# `parse_labels_and_features` splits the table into labels and features. The labels are column 0, as
# a Series. The features are columns 1 to 784, as a DataFrame. They are divided by 255, which scales
# them to the range from 0 to 1.

# %% id="parse-example"
labels, features = parse_labels_and_features(mnist_dataframe.head())

print("labels:  ", labels.shape, labels.to_list())
print("features:", features.shape, "from", features.min().min(), "to", features.max().max())

# %% [markdown] id="split"
# The first 7,500 rows of the shuffled table become the **training set**, from which the models
# learn. The other 2,500 become the **validation set**: it shows how well the models do on digits
# that they have not learned from. (`[0:7500]` counts rows by position and leaves out row 7,500.)
#
# `describe()` summarises each column: `count` is the number of rows, `mean` the average, `min` and
# `max` the extremes. Columns at the edges of the image are almost all zeros.

# %% id="training-set"
training_targets, training_examples = parse_labels_and_features(mnist_dataframe[0:7500])
training_examples.describe()

# %% id="validation-set"
validation_targets, validation_examples = parse_labels_and_features(mnist_dataframe[7500:10000])
validation_examples.describe()

# %% [markdown] id="look"
# Pick a random training example and plot it. Bright pixels are ink. Would you have recognised the
# digit without its label?

# %% id="random-example"
random_example = generator.choice(training_examples.index)
plot_digit(training_examples.loc[random_example], training_targets.loc[random_example])
plt.show()

# %% [markdown] id="random-example-read"
# This grid of 28 × 28 pixels is all that a model gets to see. Strokes are a few pixels wide and
# fade at their edges. The digit stands in the middle, with a margin around it, as in every image of
# MNIST.

# %% [markdown] id="how-checks-work" only="exercise"
# Below each task, a cell checks your answer. It shows ✔ if the answer is correct, and ✘ with a hint
# if it is not. Below that you find a solution: click on it to open it. Some questions have a cell
# for your answer: double-click on it to write.

# %% [markdown] id="how-checks-work-course" only="course"
# Below each task, a cell checks your answer. It shows ✔ if the answer is correct, and ✘ with a hint
# if it is not. The same checks grade your notebook. Some questions have a cell for your answer:
# double-click on it to write.

# %% id="checks" only="exercise course"
from mnist_nn.checks import (
    check_linear_classifier,
    check_network,
    check_networks,
    check_test_accuracy,
)

# %% [markdown] id="task-1"
# ## Task 1: Build a linear model for MNIST
#
# Start with a baseline: a linear classifier. It computes a score for each class, a weighted sum of
# all pixels, so in effect it is ten *one-versus-all* classifiers, one for each class *k*: "a *k*,
# or any other digit?" Softmax then turns the ten scores into probabilities that add up to 1.
#
# Besides the accuracy and the log loss over time, the training call shows a **confusion matrix**:
# each row is a true digit, each column a predicted digit, and each number the fraction of that row.
#
# Note that the log loss it prints is *not* the loss that training minimises. Training minimises the
# [cross entropy](https://developers.google.com/machine-learning/glossary#cross-entropy): the smaller
# the probability that a model gives to the correct digit, the larger it is. The printed number
# treats the most probable class as certain: each wrong digit costs 34.54 (minus the natural
# logarithm of 10⁻¹⁵), each correct one costs nothing. So it is 34.54 times the error rate, and a log loss of
# 3.454 means that one digit in ten is wrong.

# %% [markdown] id="feature-columns"
# A model needs to know the shape of its input. The original exercise, in TensorFlow 1, used a
# *feature column* for that. Keras has an `Input`: here it is named `pixels` and has 784 numbers per
# example. (The `None` in its shape is the number of examples, which can be anything.)

# %% id="pixels"
pixels = keras.Input(shape=(784,), name="pixels")
print(pixels.name, pixels.shape)

# %% [markdown] id="input-functions"
# Training and prediction need their data in different ways. The original wrote an *input function*
# for each.
#
# **For training**, `create_training_dataset` serves small random batches. Three words help here:
#
# - A [batch](https://developers.google.com/machine-learning/glossary#batch) is the handful of
#   examples that the model looks at before it adjusts its weights.
# - A [step](https://developers.google.com/machine-learning/glossary#step) is one such adjustment,
#   made from one batch.
# - The [learning rate](https://developers.google.com/machine-learning/glossary#learning-rate) sets
#   how large the adjustments are.
#
# The steps are divided into ten *periods*. Each period shuffles the training set, cuts it into
# batches, repeats them, and serves them in random order. 100 steps with batches of 10 see at most
# 1,000 examples: with few steps, much of the data is never used. Here is the first batch of such a
# dataset.

# %% id="training-dataset"
training_dataset = create_training_dataset(
    training_examples, training_targets, batch_size=10, steps=100, seed=SEED
)
print("Number of batches:", len(training_dataset))
for batch_features, batch_labels in training_dataset.take(1):
    print("Features of the first batch:", batch_features.shape)
    print("Labels of the first batch:", batch_labels.numpy())

# %% [markdown] id="predict-input"
# **For prediction**, every row is needed once, in order. Keras accepts the DataFrame as it is:
# `classifier.predict(examples, batch_size=...)` returns ten probabilities for each example.

# %% [markdown] id="linear-trainer"
# `train_linear_classification_model` puts these pieces together. It trains for a tenth of the steps
# in each of ten periods. After each period, it predicts the training and the validation set, and
# prints the log loss on the validation set. At the end, it shows the accuracy, the log loss over
# the periods and the confusion matrix, and it returns the trained model.
#
# This is the model that it trains, a single layer of weights:

# %% id="linear-model"
build_linear_model().summary()

# %% [markdown] id="linear-question"
# **Before you run it:** of 100 digits that it has never seen, how many will a linear model
# recognise? And which two digits will it confuse most often?

# %% [markdown] id="linear-question-answer" only="exercise course"
# *Your answer:*

# %% [markdown] id="linear-question-rubric" only="rubric"
# **1 point:** 0.5 for how many digits it will recognise, 0.5 for two digits that look alike. Students
# answer before they run it: a wrong number with a reason counts.

# %% [markdown] id="try-linear"
# **Spend five minutes seeing how well a linear model can do.** Change only the learning rate, the
# number of steps and the batch size in the next cell, and run it again. The task is done at an
# accuracy of 0.88 on the validation set. Good linear models end near 0.9; a linear model won't do
# much better.

# %% [markdown] id="rounding" only="exercise course"
# (The training call rounds the accuracy to two decimals. The check below compares it unrounded, and
# shows four.)

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

# %% [markdown] id="task-1-solution" fold="Task 1"
# ### Solution
#
# Ten times the steps, with larger batches, bring the accuracy close to 0.9.

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
# **Answer to the question:** about 90 of 100. Digits that look alike when people write them quickly
# are confused most often, such as 4 and 9, 3 and 5, 7 and 9.

# %% [markdown] id="linear-read"
# Read the confusion matrix row by row. The dark diagonal shows correctly classified digits; any
# shading off it shows a mistake. The palest diagonal cells are the hardest digits. Which digits does
# the linear model confuse, and do they look alike when people write them?

# %% [markdown] id="task-2"
# ## Task 2: Replace the linear classifier with a neural network
#
# Use a neural network instead, and find hyperparameters with which it reaches an accuracy of 0.95
# or better on the validation set.
#
# A [hidden layer](https://developers.google.com/machine-learning/glossary#hidden-layer) is a layer
# of nodes between the pixels and the ten classes. Each of its nodes computes a weighted sum of the
# layer below and passes it on if it is positive (*ReLU*).
#
# You can also try [regularisation](https://developers.google.com/machine-learning/glossary#regularization),
# which keeps a model from fitting the training set too closely (*overfitting*).
# `train_nn_classification_model` accepts `dropout=0.2`, for example, or `l2=0.001`, `l1=0.001`,
# `batch_normalization=True`. Or build your own Keras network:
# `train_classification_model(model, learning_rate=0.05, ...)` from `mnist_nn` trains any model that
# turns 784 pixels into ten probabilities.

# %% [markdown] id="network-question"
# **Before you run it:** a hidden layer can combine pixels into strokes. Which of the linear model's
# mistakes will a network avoid, and which will stay?

# %% [markdown] id="network-question-answer" only="exercise course"
# *Your answer:*

# %% [markdown] id="network-question-rubric" only="rubric"
# **1 point:** 0.5 for mistakes that a network avoids, because it combines pixels into strokes; 0.5 for
# those that stay. Students answer before they run it: a wrong guess with a reason counts.

# %% [markdown] id="task-2-how" only="exercise"
# Write your training call into the next cell, below the first line. It takes one extra argument:
# `hidden_units`, the number of nodes of each hidden layer, as in `hidden_units=[20, 20]`. You'll
# find a solution to both parts of this task below the test set.

# %% [markdown] id="task-2-how-course" only="course"
# Write your training call into the next cell, below the first line. It takes one extra argument:
# `hidden_units`, the number of nodes of each hidden layer, as in `hidden_units=[20, 20]`.

# %% id="task-2-answer" only="exercise course"
classifier = None

# YOUR CODE HERE: classifier = train_nn_classification_model(...)

# %% id="check-network" only="exercise course"
check_network(classifier, validation_examples, validation_targets)

# %% [markdown] id="test-set"
# When the model does well enough on the validation set, make sure that it hasn't simply overfitted
# that set: you chose its hyperparameters there, after all. The **test set** has 10,000 digits that
# played no part in anything so far.

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
# ### Solution
#
# `train_nn_classification_model` works like its linear counterpart, with one more argument,
# `hidden_units`. A softmax layer on top turns ten scores into probabilities. Note how many more
# weights there are now.

# %% id="nn-model" fold="Task 2"
build_nn_model(hidden_units=[100, 100]).summary()

# %% [markdown] id="nn-original" fold="Task 2"
# The first run uses the hyperparameters of the original exercise. It usually falls just short of
# 0.95.

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
# confusion matrix has fewer off-diagonal entries. After some training, the training curve lies below
# the validation curve: a model does best on data that it has already seen. If the gap widened while
# the validation curve rose, that would be overfitting.
#
# Twice the steps, with larger batches, reach the 0.95 of the task.

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
# Both curves end lower again and flatten out: more steps bring less and less. Notice how close the
# training curve gets to zero.
#
# **Answer to the question:** all kinds of mistakes become rarer, since a network can check for
# strokes: the closed loop that makes a 9 out of a 4, for example. What remains are mostly digits
# that look alike, as before. Some of them would puzzle a person, too.

# %% [markdown] id="test-accuracy-solution" fold="Task 2"
# Now the test set. The predicted class of an example is the one with the largest probability.

# %% id="test-accuracy" fold="Task 2"
test_probabilities = classifier.predict(test_examples, batch_size=100, verbose=0)
test_predictions = test_probabilities.argmax(axis=1)

accuracy = metrics.accuracy_score(test_targets, test_predictions)
print(f"Accuracy on test data: {accuracy:0.2f}")

# %% [markdown] id="task-3"
# ## Task 3: Visualise the weights of the first hidden layer
#
# What has the network learned? Its input layer has one node for each of the 784 pixels, so 784
# weights go into each node of the first hidden layer, one per pixel. Arrange them as a 28 × 28 image
# and you can see what the node looks for.
#
# `classifier.layers[0].kernel.numpy()` returns the weights of the first hidden layer as an array,
# and `plot_weights` draws one image per node. All images share one colour scale: red is a weight
# above zero (ink here excites the node), blue one below zero (ink here inhibits it), white is zero.
# `limit=` sets where the colours end, so that you can compare several figures;
# `original_look=True` draws them as the original exercise did, each image on its own scale.
#
# **Look at the weights of networks trained for 10, 100 and 1,000 steps. What is different between
# them?** What does that say about which nodes matter?

# %% [markdown] id="weights-question"
# **Before you run it:** what will the images look like after 10 steps, and what after 1,000? And
# what will the weights at the edges of the image do, where nobody writes?

# %% [markdown] id="weights-question-answer" only="exercise course"
# *Your answer:*

# %% [markdown] id="weights-question-rubric" only="rubric"
# **2 points:** 0.5 for noise after 10 steps, 0.5 for shapes after 1,000; 0.5 for edges that stay as
# they began, 0.5 for the reason (no ink, so no gradient). Students answer before they run it: a wrong
# guess with a reason counts half.

# %% [markdown] id="task-3-how" only="exercise course"
# Train three networks with the same hyperparameters and the same seed, so that only the steps
# differ. Keep them as `networks[10]`, `networks[100]` and `networks[1000]`, so that you don't
# overwrite `classifier`. Then draw the weights of each.

# %% id="task-3-answer" only="exercise course"
networks = {10: None, 100: None, 1000: None}

# YOUR CODE HERE: networks[10] = ..., networks[100] = ..., networks[1000] = ...

# %% id="check-networks" only="exercise course"
check_networks(networks, training_examples)

# %% [markdown] id="task-3-solution" fold="Task 3"
# ### Solution
#
# A loop trains the three networks. All but the steps are the original exercise's hyperparameters.

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
# Compare the three confusion matrices: which digits can the network tell apart after 10 steps, and
# which does it still confuse?
#
# #### The weights after 1,000 steps
#
# The next cell lists the names of the network's variables, takes the weights of the first hidden
# layer, and draws them. 99.5 % of the weights lie between −`limit` and `limit`; the few beyond have
# the colours at the ends of the scale.

# %% id="weights" fold="Task 3" figure="weights.png"
variables = {variable.path: variable for variable in networks[1000].variables}
print("\n".join(variables))

weights0 = variables["dnn/hiddenlayer_0/kernel"].numpy()
print("weights0 shape:", weights0.shape)

limit = np.quantile(abs(weights0), 0.995)
plot_weights(weights0, limit=limit)
plt.show()

# %% [markdown] id="weights-read" fold="Task 3"
# The first hidden layer learns low-level features: blurred regions, and strokes that are parts of
# digits. Some nodes are noise all over: they have not converged, or the layers above ignore them.
#
# #### After 10 steps
#
# The same colour scale makes the figures comparable.

# %% id="weights-10-steps" fold="Task 3"
weights0 = networks[10].layers[0].kernel.numpy()
plot_weights(weights0, limit=limit)
plt.show()

# %% [markdown] id="hundred-steps" fold="Task 3"
# There is hardly anything to see yet but the random weights from which training started.
#
# #### After 100 steps

# %% id="weights-100-steps" fold="Task 3"
weights0 = networks[100].layers[0].kernel.numpy()
plot_weights(weights0, limit=limit)
plt.show()

# %% [markdown] id="what-differs" fold="Task 3"
# #### What is different
#
# After 10 steps, each image is still close to the noise from which it started, and yet the network
# does far better than guessing. After 100 steps, faint shapes appear. After 1,000 steps, they are
# clear in many nodes, and the accuracy has risen with them, though ever more slowly.
#
# **Answer to the question:** at the edges, where no ink ever falls, the weights stay as random as
# they began: no gradient reaches them. A node whose whole image still looks like its start has
# hardly been trained, and matters little to the layers above it.

# %% [markdown] id="takeaways"
# ## What to take away
#
# - A linear model with one weight per pixel and class is a strong baseline. A network does better:
#   its hidden nodes respond to strokes and their parts, and further layers combine these.
# - Choose hyperparameters on the validation set. Judge the result on the test set, once.
# - You can look at the weights of a first hidden layer, and see what a network looks for.
#
# Finished? Continue with `going_further`: the mistakes in pictures, a fair comparison of the two
# models, a search for better hyperparameters, and your own handwriting.

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
