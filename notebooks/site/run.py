"""How a notebook that somebody reads on the site can be run."""

from notebooks import build
from notebooks.site.pages import first_page, read_texts

PIP = ".venv/bin/pip install --constraint constraints.txt '.[lab,widget]'"


def list_services(edition: build.Edition) -> dict[str, str]:
    """Return its address at each service that runs notebooks of repositories on GitHub."""
    repository = build.github_repository()
    if not repository:
        return {}
    return {
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/main/{edition}",
        "Binder": f"https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/{edition}",
    }


def list_commands(edition: build.Edition) -> list[str]:
    """Return the lines that run a notebook on one's own computer."""
    address = build.project_address()
    folder = address.split("/")[-1]
    return [
        *([f"git clone {address} && cd {folder}"] if address else []),
        "python3 -m venv .venv",
        PIP,
        f".venv/bin/jupyter lab {edition}",
    ]


def describe_run(edition: build.Edition) -> str:
    """Return the box of a notebook's page, in MyST's Markdown."""
    texts = read_texts()[edition.language]
    links = [f"[{service}]({link})" for service, link in list_services(edition).items()]
    links.append(f'<a href="{edition.path.name}" download>{texts["download"]}</a>')
    if edition.name == "exercise":
        page = first_page(edition.language)
        links.append(f'<a href="../train/{page}">{texts["train_here"]}</a>')
    commands = "\n".join(list_commands(edition))
    return (
        f"````{{admonition}} {texts['reading']}\n:class: tip run\n"
        f"{' | '.join(links)}\n\n{texts['lines']}\n\n```sh\n{commands}\n```\n````"
    )
