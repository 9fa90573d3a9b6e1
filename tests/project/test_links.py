"""Links in README, CONTRIBUTING and the notebooks lead somewhere."""

import re
from urllib.parse import parse_qs, unquote, urlparse

from tests.notebooks import NOTEBOOKS, ROOT, prose, read_notebook
import pytest

NOTES = ROOT / "notebooks" / "instructor_notes.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", NOTES, *NOTEBOOKS]


def text_of(path):
    return prose(read_notebook(path)) if path.suffix == ".ipynb" else path.read_text("utf-8")


def links(path):
    text = text_of(path)
    return re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"""(?:src|href)=["']([^"']+)""", text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_relative_link_leads_to_an_existing_file(path):
    for link in links(path):
        parts = urlparse(link)
        if not parts.scheme and parts.path:
            assert (path.parent / unquote(parts.path)).exists(), link


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_binder_link_opens_an_existing_file(path):
    for link in re.findall(r"https://mybinder\.org/v2/[^\s)`\"'>]+", text_of(path)):
        opened = parse_qs(urlparse(link).query)["urlpath"][0]
        assert opened.startswith("lab/tree/"), link
        assert (ROOT / opened.removeprefix("lab/tree/")).exists(), link


def test_the_readme_has_a_binder_link_for_every_lesson():
    readme = text_of(ROOT / "README.md")
    for path in NOTEBOOKS:
        if path.parent.name == "notebooks":
            assert f"urlpath=lab/tree/notebooks/{path.name}" in readme
