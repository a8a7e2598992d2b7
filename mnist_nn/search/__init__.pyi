from .plot import plot_search as plot_search
from .search import search_hyperparameters as search_hyperparameters
