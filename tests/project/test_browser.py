"""What a learner and an instructor do in a real browser, with a real kernel."""

import platform
import re
import shutil
import subprocess
import sys

from tests.notebooks import LESSONS, ROOT, code_cells, headings, is_folded, read_notebook
from tests.project import browser as browsing
from tests.project.browser import SECOND, Lesson
import pytest
from playwright.sync_api import expect

why = "no chromium in the path: on Debian, apt-get install chromium"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not browsing.CHROMIUM, reason=why)]
NOTES = ROOT.joinpath("notebooks", "instructor_notes.md").read_text("utf-8")


@pytest.fixture(scope="module")
def server():
    with browsing.server(browsing.SMALL) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lesson(browser, server):
    """Lesson 3, whose reader clears the stored outputs, and then runs all cells."""
    lesson = Lesson(browser, server, LESSONS[2].stem)
    lesson.command("notebook:clear-all-cell-outputs")
    expect(lesson.page.locator(".jp-CodeCell img")).to_have_count(0)
    lesson.command("notebook:run-all-cells")
    yield lesson
    lesson.page.close()


class TestLesson3:
    """One after the other: each test goes on where the one before it has ended."""

    def test_the_loss_grows_while_it_trains_and_ends_as_a_figure(self, lesson):
        cell = lesson.cell('TrainingRecord("two-stage", live=True)')
        cell.locator("img[src^='data:image/svg']").wait_for()
        cell.locator("img[src^='data:image/png']").wait_for()
        expect(cell.locator("img[src^='data:image/svg']")).to_have_count(0)

    def test_all_cells_run_and_none_shows_an_error(self, lesson):
        # The check of the last exercise.
        expect(lesson.cell("answer_2,")).to_contain_text("Missing: ", timeout=180 * SECOND)
        lesson.wait_until_idle()
        for cell in code_cells(read_notebook(LESSONS[2])):
            shown = lesson.cell(cell.source.splitlines()[0]).locator(".jp-OutputArea-output")
            assert shown.count() >= bool(cell.outputs), cell.source
        assert lesson.page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        assert "Traceback" not in lesson.page.locator(".jp-Notebook").inner_text()

    def test_a_moved_slider_and_train_draw_a_new_curve(self, lesson):
        panel = lesson.cell("# Draws the panel")
        panel.locator(".widget-slider .noUi-handle").first.focus()
        before = panel.locator(".widget-readout").first.inner_text()
        lesson.page.keyboard.press("ArrowRight")
        expect(panel.locator(".widget-readout").first).not_to_have_text(before)
        panel.get_by_role("button", name="Train").click()
        panel.locator("img").wait_for()

    def test_the_stop_button_interrupts_a_fit_and_another_fit_goes_on(self, lesson):
        fit = "# Goes on.\nmodel.fit(training, epochs={}, verbose=0, callbacks=[two_stage]);"
        lesson.write("answer_2 = ...", fit.format(100_000))
        cell = lesson.cell("# Goes on.")
        lesson.run("# Goes on.")
        cell.locator("img[src^='data:image/svg']").wait_for()
        lesson.page.locator('[data-command="notebook:interrupt-kernel"]').click()
        expect(cell).to_contain_text("KeyboardInterrupt")
        lesson.wait_until_idle()  # Until then, the kernel drops whatever is run next.
        lesson.write("# Goes on.", fit.format(3))
        lesson.run("# Goes on.")
        lesson.wait_until_idle()
        cell.locator("img[src^='data:image/png']").wait_for()
        assert "Traceback" not in cell.inner_text()


def sections(route, first=r"\d+"):
    """Gives what a route in the instructor notes runs, in order; or the rows with such a number."""
    table = NOTES.split(f"\n## {route}")[1].split("\n## ")[0]
    return re.findall(r"\*(.+?)\*", "".join(re.findall(rf"^\| {first} (\|.*?\|)", table, re.M)))


ROUTES = {"10 minutes": (3, ["Setup", *sections("Ten minutes")])}
ROUTES |= {f"45 minutes, lesson {n}": (n, sections("45 minutes", n)) for n in (1, 2, 3)}
ROUTES |= {f"half a day, lesson {n}": (n, sections("Half a day", n)) for n in (8, 9, 10)}
# Which figures of lesson 3 must fit on the screen, with the end of their code.
MAIN = ['TrainingRecord("two-stage"', "model.optimizer.learning_rate = LOW"]
MAIN += ["lib.plot_loss_curves([high, low"]
# Which epochs the growing curve has shown; each picture names its last one.
WATCH = """() => { window.epochs = new Set(); setInterval(() => {
  for (const image of document.querySelectorAll("img[src^='data:image/svg']"))
    window.epochs.add(+decodeURIComponent(image.src).match(/epoch (\\d+) of 200: .*0.0001/)?.[1])
}, 10) }"""


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_a_route_runs_as_the_notes_give_it_and_figures_fit_on_a_projector(browser, server, route):
    number, names = route
    path = LESSONS[number - 1]
    lesson = Lesson(browser, server, path.stem, viewport={"width": 1280, "height": 720})
    for command in ("toggle-presentation-mode", "toggle-left-area"):
        lesson.command(f"application:{command}")
    lesson.command("notebook:clear-all-cell-outputs")
    lesson.page.wait_for_timeout(SECOND)
    lesson.page.evaluate(WATCH)
    screen = lesson.page.locator(".jp-WindowedPanel-outer").first.bounding_box()
    notebook = read_notebook(path)
    for name in names:
        # Under the mouse, a heading ends with a link to itself.
        heading = re.compile(rf"^{re.escape(name)}¶?$")
        lesson.page.get_by_role("heading", name=heading).click()
        first, *_ = places = [p for p, each in enumerate(headings(notebook)) if each == name]
        for place in places:
            shown, cell = lesson.page.locator(".jp-Cell").nth(place), notebook.cells[place]
            source, advance = cell.source, is_folded(notebook.cells[place + 1])
            if place > first and not is_folded(cell):  # The arrow skips collapsed cells.
                lesson.page.keyboard.press("ArrowDown")
            if cell.cell_type == "markdown" and not advance:
                continue
            shown.evaluate("cell => cell.scrollIntoView({block: 'start'})")
            lesson.page.keyboard.press("Shift+Enter" if advance else "Control+Enter")
            lesson.page.wait_for_timeout(SECOND / 5)
            lesson.wait_until_idle()
            assert "Traceback" not in shown.inner_text(), source
            if number == 3 and any(text in source for text in MAIN):
                lesson.page.wait_for_timeout(SECOND / 2)
                figure = shown.locator("img").last.bounding_box()
                line = shown.locator(".cm-line").last.bounding_box()
                assert screen["y"] <= line["y"] < figure["y"], source
                assert figure["y"] + figure["height"] <= screen["y"] + screen["height"], source
    seen = lesson.page.evaluate("() => [...window.epochs]")
    assert number != 3 or len({*seen} & {*range(101, 111)}) >= 8, "the room sees the drop happen"
    lesson.page.close()


def test_live_slides_show_one_idea_each_and_their_cells_run(browser, server):
    host, _, token = server
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60 * SECOND)
    page.goto(f"{host}/rise/notebooks/{LESSONS[2].name}?token={token}")
    page.locator("p", has_text="Can one run have the best").wait_for()
    page.wait_for_timeout(3 * SECOND)
    page.keyboard.press("PageDown")
    page.wait_for_timeout(SECOND)
    setup = page.locator(".jp-CodeCell").filter(has_text="import lessons_lib as lib").first
    setup.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    # TensorFlow's first import takes a while where nobody has imported it before.
    expect(setup.locator(".jp-OutputArea-output")).to_contain_text(platform.python_version())
    page.keyboard.press("Escape")
    page.keyboard.press("PageDown")
    page.get_by_role("heading", name="Stage 1: a high rate").wait_for()
    page.close()


def test_the_deck_needs_no_network_and_each_slide_fits_on_the_screen(browser, tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    words = re.search(r"jupyter (nbconvert --to slides \S+ \S+) \S+", NOTES).group(1).split()
    paths = [path for path in LESSONS if "slideshow" in path.read_text("utf-8")]
    subprocess.run([sys.executable, "-m", *words, *paths], cwd=tmp_path, check=True)
    asked = []
    for path in paths:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(tmp_path.joinpath("deck", f"{path.stem}.slides.html").as_uri())
        while True:
            slide = page.locator("section.present").last
            needs = slide.evaluate("slide => [slide.scrollWidth, slide.scrollHeight]")
            assert needs[0] <= 1280 and needs[1] <= 720, (path.stem, slide.inner_text()[:60])
            if page.evaluate("Reveal.isLastSlide()"):
                break
            page.keyboard.press("Space")
        page.close()
    assert all(url.startswith(("file:", "data:")) for url in asked)
