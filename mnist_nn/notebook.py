"""Figures in a notebook, with alternative texts."""

import html
import sys
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt


def show_figures() -> None:
    """Show all open figures: ``plt.show()``, with alternative texts in a notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not mpl.get_backend().endswith("inline"):
        return plt.show()
    for number in plt.get_fignums():
        figure = plt.figure(number)
        labels = [str(ax.get_label()) for ax in figure.axes]
        text = " ".join(label for label in labels if label != "<colorbar>")
        data, metadata = shell.display_formatter.format(figure)
        if "image/png" in data:
            # Notebooks show no alternative text with a plain image.
            width = metadata.get("image/png", {}).get("width")  # of a retina figure
            attributes = {"width": width} if width else {}
            data["text/html"] = embed_png(data["image/png"], text, **attributes)
        ipython.display.display(data, metadata=metadata, raw=True)
    plt.close("all")


def embed_png(png: str, text: str, **attributes: object) -> str:
    """Return HTML that shows a PNG file, in base64, with its alternative text."""
    more = "".join(f' {name}="{html.escape(str(value))}"' for name, value in attributes.items())
    source = f'src="data:image/png;base64,{png}" style="max-width: 100%"'
    return f'<img alt="{html.escape(text)}" {source}{more}>'
