from .data import load_mnist_dataframe as load_mnist_dataframe
from .data import parse_labels_and_features as parse_labels_and_features
from .language import set_language as set_language
from .metrics import confusion_matrix as confusion_matrix
from .metrics import cross_entropy as cross_entropy
from .metrics import log_loss as log_loss
from .models import build_linear_model as build_linear_model
from .models import build_nn_model as build_nn_model
from .models import compile_classification_model as compile_classification_model
from .plots import plot_confusion_matrix as plot_confusion_matrix
from .plots import plot_digit as plot_digit
from .plots import plot_log_loss as plot_log_loss
from .plots import plot_weights as plot_weights
from .sampling import create_training_dataset as create_training_dataset
from .training import train_classification_model as train_classification_model
from .training import train_linear_classification_model as train_linear_classification_model
from .training import train_nn_classification_model as train_nn_classification_model

__version__: str
