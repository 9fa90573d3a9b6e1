"""The site is built without a warning, and reads well on a phone."""

import re
import shlex
import subprocess
import sys
from html import unescape

from tests.notebooks import NOTEBOOKS, ROOT, code_cells, read_notebook
from tests.project.browser import CHROMIUM, chromium
import pytest

pytestmark = pytest.mark.slow
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no Chromium")
PAGES = {path.relative_to(ROOT / "notebooks").with_suffix(".html"): path for path in NOTEBOOKS}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Builds the site with the command of CONTRIBUTING; gives its folder."""
    folder = tmp_path_factory.mktemp("site")
    text = ROOT.joinpath("CONTRIBUTING.md").read_text("utf-8")
    (command,) = re.findall(r"(-m sphinx .*) build/site", text)
    arguments = [*shlex.split(command), "-q", folder]
    run = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture(scope="module")
def phone():
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 390, "height": 844})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_figure_has_the_alt_text_of_its_cells_metadata(site, page):
    text = unescape(site.joinpath(page).read_text("utf-8"))
    for cell in code_cells(read_notebook(PAGES[page])):
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
            assert alt, f"{cell.id}: say in its metadata what is to be seen (CONTRIBUTING.md)"
            assert f'alt="{alt}"' in text, cell.id


def test_the_pages_are_the_lessons_and_load_nothing_from_elsewhere(site):
    pages = {p.relative_to(site) for p in site.rglob("[!_]*.html") if "_static" not in p.parts}
    others = {"index", "glossary", "instructor_notes", "search"}
    assert {page.with_suffix("").as_posix() for page in pages - PAGES.keys()} == others
    assert pages >= PAGES.keys()
    for page in pages:
        text = site.joinpath(page).read_text("utf-8")
        assert not re.search(r"""<(?:script|img)[^>]*src=["']https?:""", text), page


@needs_chromium
@pytest.mark.parametrize("name", ["index", "03_two_stage_fit", "04_ways_to_change_the_rate"])
def test_on_a_phone_only_tables_scroll_sideways_and_figures_keep_their_shape(site, phone, name):
    phone.goto(site.joinpath(f"{name}.html").as_uri())
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    frames = phone.locator(".cell_output .text_html, .pst-scrollable-table-container").all()
    assert frames
    assert all(f.evaluate("e => getComputedStyle(e).overflowX") == "auto" for f in frames)
    for figure in phone.locator(".cell_output img").all():
        figure.scroll_into_view_if_needed()
        box = figure.bounding_box()
        assert box["x"] >= 0 and box["width"] > 200 and box["x"] + box["width"] <= 390
        shape = figure.evaluate("e => e.naturalHeight / e.naturalWidth")
        assert box["height"] / box["width"] == pytest.approx(shape, rel=0.02)
