"""Classify handwritten digits with a linear model and with a neural network.

Importing the package is quick: TensorFlow, Matplotlib and seaborn are loaded with the first name
that needs them.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mnist_nn.analysis import compare_predictions as compare_predictions
    from mnist_nn.analysis import confident_mistakes as confident_mistakes
    from mnist_nn.analysis import confused_pairs as confused_pairs
    from mnist_nn.analysis import count_dead_units as count_dead_units
    from mnist_nn.analysis_plots import animate_weights as animate_weights
    from mnist_nn.analysis_plots import plot_accuracies as plot_accuracies
    from mnist_nn.analysis_plots import plot_confusion_difference as plot_confusion_difference
    from mnist_nn.analysis_plots import plot_examples as plot_examples
    from mnist_nn.analysis_plots import plot_mistakes as plot_mistakes
    from mnist_nn.analysis_plots import plot_runs as plot_runs
    from mnist_nn.analysis_plots import plot_weights_over_training as plot_weights_over_training
    from mnist_nn.data import load_mnist_dataframe as load_mnist_dataframe
    from mnist_nn.data import parse_labels_and_features as parse_labels_and_features
    from mnist_nn.digit_image import digit_from_image as digit_from_image
    from mnist_nn.drawing_pad import draw as draw
    from mnist_nn.keep_weights import KeepWeights as KeepWeights
    from mnist_nn.language import set_language as set_language
    from mnist_nn.metrics import confusion_matrix as confusion_matrix
    from mnist_nn.metrics import cross_entropy as cross_entropy
    from mnist_nn.metrics import log_loss as log_loss
    from mnist_nn.models import build_linear_model as build_linear_model
    from mnist_nn.models import build_nn_model as build_nn_model
    from mnist_nn.models import compile_classification_model as compile_classification_model
    from mnist_nn.plots import plot_confusion_matrix as plot_confusion_matrix
    from mnist_nn.plots import plot_cross_entropy as plot_cross_entropy
    from mnist_nn.plots import plot_digit as plot_digit
    from mnist_nn.plots import plot_log_loss as plot_log_loss
    from mnist_nn.plots import plot_weights as plot_weights
    from mnist_nn.plots import show_figures as show_figures
    from mnist_nn.sampling import create_training_dataset as create_training_dataset
    from mnist_nn.search import search_hyperparameters as search_hyperparameters
    from mnist_nn.search_plots import plot_search as plot_search
    from mnist_nn.training import train_classification_model as train_classification_model
    from mnist_nn.training import (
        train_linear_classification_model as train_linear_classification_model,
    )
    from mnist_nn.training import train_nn_classification_model as train_nn_classification_model

_MODULE_OF_NAME = {
    "compare_predictions": "analysis",
    "confident_mistakes": "analysis",
    "confused_pairs": "analysis",
    "count_dead_units": "analysis",
    "animate_weights": "analysis_plots",
    "plot_accuracies": "analysis_plots",
    "plot_confusion_difference": "analysis_plots",
    "plot_cross_entropy": "plots",
    "plot_examples": "analysis_plots",
    "plot_mistakes": "analysis_plots",
    "plot_runs": "analysis_plots",
    "plot_weights_over_training": "analysis_plots",
    "load_mnist_dataframe": "data",
    "parse_labels_and_features": "data",
    "digit_from_image": "digit_image",
    "draw": "drawing_pad",
    "KeepWeights": "keep_weights",
    "set_language": "language",
    "confusion_matrix": "metrics",
    "cross_entropy": "metrics",
    "log_loss": "metrics",
    "build_linear_model": "models",
    "build_nn_model": "models",
    "compile_classification_model": "models",
    "plot_confusion_matrix": "plots",
    "plot_digit": "plots",
    "plot_log_loss": "plots",
    "plot_weights": "plots",
    "show_figures": "plots",
    "create_training_dataset": "sampling",
    "search_hyperparameters": "search",
    "plot_search": "search_plots",
    "train_classification_model": "training",
    "train_linear_classification_model": "training",
    "train_nn_classification_model": "training",
}
__all__ = list(_MODULE_OF_NAME)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF_NAME:
        raise AttributeError(f"module 'mnist_nn' has no attribute {name!r}")
    return getattr(importlib.import_module(f"mnist_nn.{_MODULE_OF_NAME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
