"""Classify handwritten digits with a linear model and with a neural network.

``import mnist_nn`` is quick: TensorFlow, Matplotlib and seaborn are loaded with the first name that
needs them. Further names are in :mod:`mnist_nn.analysis`, :mod:`mnist_nn.search` and
:mod:`mnist_nn.drawing`.
"""

import lazy_loader

__version__ = "1.0.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
