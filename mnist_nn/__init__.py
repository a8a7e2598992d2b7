"""Classify handwritten digits with a linear model and with a neural network.

``import mnist_nn`` is quick: TensorFlow, Matplotlib and seaborn are loaded with the first name that
needs them. Further names are in :mod:`mnist_nn.analysis`, :mod:`mnist_nn.search` and
:mod:`mnist_nn.drawing`.
"""

import logging

import lazy_loader

__version__ = "1.0.0"

# What Matplotlib says of its cache, or of the lack of a folder for it, while it is imported.
_NOTICES = ("mkdir -p failed", "Matplotlib created a temp", "Matplotlib is building the font cache")
for _name in ("matplotlib", "matplotlib.font_manager"):
    logging.getLogger(_name).addFilter(lambda record: not str(record.msg).startswith(_NOTICES))

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
