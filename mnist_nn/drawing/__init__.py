"""Your own handwriting: a drawing pad, and photos prepared as MNIST's digits were."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
