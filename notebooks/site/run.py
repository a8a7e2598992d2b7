"""How a notebook that somebody reads on the site can be run."""

from notebooks import build
from notebooks.site.head import TEXTS, first_page, github_repository

PIP = ".venv/bin/pip install --constraint constraints.txt '.[lab,widget]'"


def list_services(language: str, name: str) -> dict[str, str]:
    """Return its address at each service that runs notebooks of repositories on GitHub."""
    repository = github_repository()
    if not repository:
        return {}
    path = f"notebooks/{language}/{name}.ipynb"
    return {
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/main/{path}",
        "Binder": f"https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/{path}",
    }


def list_commands(language: str, name: str) -> list[str]:
    """Return the lines that run a notebook on one's own computer."""
    address = build.project_address()
    folder = address.split("/")[-1]
    notebook = f"notebooks/{language}/{name}.ipynb"
    return [
        *([f"git clone {address} && cd {folder}"] if address else []),
        "python3 -m venv .venv",
        PIP,
        f".venv/bin/jupyter lab {notebook}",
    ]


def describe_run(language: str, name: str) -> str:
    """Return the box of a notebook's page, in MyST's Markdown."""
    texts = TEXTS[language]
    links = [f"[{service}]({link})" for service, link in list_services(language, name).items()]
    links.append(f'<a href="{name}.ipynb" download>{texts["download"]}</a>')
    if name == "exercise":
        links.append(f'<a href="../train/{first_page(language)}">{texts["train_here"]}</a>')
    commands = "\n".join(list_commands(language, name))
    return (
        f"````{{admonition}} {texts['reading']}\n:class: tip run\n"
        f"{' | '.join(links)}\n\n{texts['lines']}\n\n```sh\n{commands}\n```\n````"
    )
