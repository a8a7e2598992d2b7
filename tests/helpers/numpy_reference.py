"""The exercise's arithmetic once more, in plain NumPy: to test against, and the limit of speed."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mnist_nn.arguments import Features, Labels

Weights = list[npt.NDArray[np.float32]]
Batches = Iterable[tuple[Features, Labels]]


def initial_weights(sizes: list[int], seed: int) -> Weights:
    """Return a kernel and a bias for each layer: Glorot uniform, and zeros."""
    generator = np.random.default_rng(seed)
    weights: Weights = []
    for inputs, outputs in pairwise(sizes):
        limit = np.sqrt(6 / (inputs + outputs))
        kernel = generator.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)
        weights += [kernel, np.zeros(outputs, np.float32)]
    return weights


def forward(weights: Weights, features: Features) -> Weights:
    """Return the outputs of each layer, the features first and the probabilities last."""
    *hidden_weights, last_kernel, last_bias = weights
    layers = [features]
    for kernel, bias in zip(hidden_weights[::2], hidden_weights[1::2], strict=True):
        layers.append(np.maximum(layers[-1] @ kernel + bias, 0))
    logits = layers[-1] @ last_kernel + last_bias
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return [*layers, exponentials / exponentials.sum(axis=1, keepdims=True)]


def train(weights: Weights, batches: Batches, learning_rate: float) -> Iterable[None]:
    """Train in place, a batch at a time: summed cross entropy, clipped to norm 5, Adagrad."""
    accumulators = [np.full_like(weight, 0.1) for weight in weights]
    for features, labels in batches:
        *layers, error = forward(weights, features)
        error[np.arange(len(labels)), labels] -= 1  # the gradient of the logits
        gradients: Weights = []
        for kernel, layer in zip(weights[-2::-2], layers[::-1], strict=True):
            gradients[:0] = [layer.T @ error, error.sum(axis=0)]
            error = error @ kernel.T * (layer > 0)
        norm = np.sqrt(sum(np.vdot(gradient, gradient) for gradient in gradients))
        scale = np.float32(5 / max(norm, 5))
        for weight, accumulator, gradient in zip(weights, accumulators, gradients, strict=True):
            gradient *= scale
            accumulator += gradient * gradient
            weight -= np.float32(learning_rate) * gradient / np.sqrt(accumulator)
        yield
