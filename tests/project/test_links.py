"""Links in README, CONTRIBUTING and the notebooks lead somewhere."""

import re
from urllib.parse import unquote, urlparse

from tests.notebooks import LESSONS, NOTEBOOKS, ROOT, prose, read_notebook
import pytest

README = ROOT / "README.md"
NOTES = ROOT / "notebooks" / "instructor_notes.md"
GLOSSARY = ROOT / "notebooks" / "glossary.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", NOTES, GLOSSARY, *NOTEBOOKS]
ELSEWHERE = {
    "Binder": r"https://mybinder\.org/v2/gh/[^/]+/[^/]+/HEAD\?urlpath=lab/tree/([^\s)`\"'>]+)",
    "Colab": r"https://colab\.research\.google\.com/github/[^/]+/[^/]+/blob/HEAD/([^\s)`\"'>]+)",
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_link_to_a_file_leads_to_one_that_is_there(path):
    text = prose(read_notebook(path)) if path.suffix == ".ipynb" else path.read_text("utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=[\"']([^\"']+)", text)
    for link in map(urlparse, map("".join, links)):
        if not link.scheme and link.path:
            assert (path.parent / unquote(link.path)).exists(), link
    for pattern in ELSEWHERE.values():
        for opened in re.findall(pattern, text):
            assert (ROOT / opened).exists(), opened


@pytest.mark.parametrize("place", ELSEWHERE)
def test_readme_opens_every_lesson_elsewhere(place):
    opened = re.findall(ELSEWHERE[place], README.read_text("utf-8"))
    assert sorted(opened) == [path.relative_to(ROOT).as_posix() for path in LESSONS]


def test_the_glossary_has_each_term_once_and_the_lesson_that_introduces_it():
    _, *entries = re.split(r"^### ", GLOSSARY.read_text("utf-8"), flags=re.MULTILINE)
    terms = [entry.splitlines()[0] for entry in entries]
    names = [term.lower().replace(" ", "-") for term in terms]
    assert len({*names}) == len(names) > 40
    for term, entry in zip(terms, entries, strict=True):
        assert {*re.findall(r"\(#(.+?)\)", entry)} <= {*names}, term
        (lesson,) = re.findall(r"^Introduced in \[lesson \d+\]\((.+?)\)", entry, re.MULTILINE)
        assert (GLOSSARY.parent / lesson).exists(), term
