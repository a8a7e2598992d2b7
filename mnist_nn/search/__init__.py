"""Search for good hyperparameters, on every core or on a cluster, and draw what was found."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
