from .image import digit_from_image as digit_from_image
from .pad import draw as draw
