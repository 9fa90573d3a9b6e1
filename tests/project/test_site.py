"""The site is built without a warning, and reads well on a phone."""

import functools
import http.server
import re
import shlex
import subprocess
import sys
import threading
from html import unescape

from tests import browser as jupyter_browser
from tests.notebooks import NOTEBOOKS, ROOT, code_cells, read_notebook
import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("myst_nb")
pytest.importorskip("sphinx_book_theme")
needs_chromium = pytest.mark.skipif(not jupyter_browser.CHROMIUM, reason="no Chromium")
LESSON = "03_two_stage_fit.html"


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
def page(site):
    """A phone that looks at the site; its pages come from a server, as the search needs."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=site)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with jupyter_browser.chromium() as chromium:
        host = f"http://127.0.0.1:{server.server_port}"
        yield chromium.new_page(viewport={"width": 390, "height": 844}, base_url=host)
    server.shutdown()


def images_of(site, path):
    """Gives the tags of the images in the outputs of a notebook's page."""
    html = site / path.relative_to(ROOT / "notebooks").with_suffix(".html")
    return re.findall(r"<img [^>]*_images/[^>]*>", unescape(html.read_text("utf-8")))


def test_every_notebook_is_a_page_and_nothing_else_of_the_folder_is(site):
    pages = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    pages = {page for page in pages if not page.startswith("_")}
    wanted = {path.relative_to(ROOT / "notebooks").with_suffix("").as_posix() for path in NOTEBOOKS}
    assert pages == {*wanted, "index", "instructor_notes", "search"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_figure_has_the_alt_text_of_its_cells_metadata(site, path):
    shown = images_of(site, path)
    for cell in code_cells(read_notebook(path)):
        kinds = [kind for output in cell.outputs for kind in output.get("data", {})]
        if any(kind.startswith("image/") for kind in kinds):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
            assert alt, f"{cell.id}: say in its metadata what is to be seen (CONTRIBUTING.md)"
            assert any(f'alt="{alt}"' in tag for tag in shown), cell.id


def test_each_lesson_opens_in_binder_and_the_pages_load_nothing_from_elsewhere(site):
    text = site.joinpath(LESSON).read_text("utf-8")
    opened = LESSON.replace(".html", ".ipynb")
    assert re.search(rf'href="https://mybinder\.org/[^"]+lab/tree/notebooks/{opened}"', text)
    assert not re.search(r"""<(?:script|img)[^>]*src=["']https?:""", text)


@needs_chromium
@pytest.mark.parametrize("name", ["index", "04_ways_to_change_the_rate", "05_schedules"])
def test_on_a_phone_only_tables_scroll_sideways(page, name):
    page.goto(f"/{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    frames = page.locator(".cell_output .text_html, .pst-scrollable-table-container").all()
    assert frames
    assert all(f.evaluate("e => getComputedStyle(e).overflowX") == "auto" for f in frames)


@needs_chromium
def test_on_a_phone_a_figure_keeps_its_shape_within_the_page(page):
    page.goto(f"/{LESSON}")
    figures = page.locator(".cell_output img")
    assert figures.count() > 3
    for figure in figures.all():
        figure.scroll_into_view_if_needed()
        box = figure.bounding_box()
        assert box["x"] >= 0 and box["width"] > 200 and box["x"] + box["width"] <= 390
        shape = figure.evaluate("e => e.naturalHeight / e.naturalWidth")
        assert box["height"] / box["width"] == pytest.approx(shape, rel=0.02)


@needs_chromium
def test_the_search_finds_where_a_curve_rattles(page):
    page.goto("/search.html?q=rattle")
    page.wait_for_selector("#search-results li")
    assert "3. The two-stage fit" in page.locator("#search-results").inner_text()
