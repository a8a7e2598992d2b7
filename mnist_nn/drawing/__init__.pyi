from .folder import dataframe_from_images as dataframe_from_images
from .image import digit_from_image as digit_from_image
from .pad import draw as draw
