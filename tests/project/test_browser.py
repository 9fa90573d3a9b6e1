"""What a learner and an instructor do in a real browser, with a real kernel."""

import platform
import re
import shutil
import subprocess
import sys

from tests.notebooks import LESSONS, ROOT, code_cells, read_notebook
import pytest

playwright = pytest.importorskip("playwright.sync_api")
browsing = pytest.importorskip("tests.browser")
Lesson, SECOND = browsing.Lesson, browsing.SECOND

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not browsing.CHROMIUM, reason="no chromium in the path: on Debian, apt-get install chromium"
    ),
]


@pytest.fixture(scope="module")
def server():
    with browsing.server() as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lesson_3(browser, server):
    """Lesson 3 after its reader has cleared the outputs."""
    lesson = Lesson(browser, server, "03_two_stage_fit")
    playwright.expect(lesson.page.locator(".jp-CodeCell img")).not_to_have_count(0)
    lesson.page.get_by_role("menuitem", name="Edit", exact=True).click()
    lesson.page.get_by_role("menuitem", name="Clear Outputs of All Cells").click()
    playwright.expect(lesson.page.locator(".jp-CodeCell img")).to_have_count(0)
    yield lesson
    lesson.page.close()


class TestLesson3:
    """One after the other: each test goes on where the one before it has ended."""

    def test_the_loss_grows_while_it_trains_and_ends_as_a_figure(self, lesson_3):
        lesson_3.command("notebook:run-all-cells")
        cell = lesson_3.cell('TrainingRecord("two-stage", live=True)')
        growing = cell.locator("img[src^='data:image/svg']")
        growing.wait_for()
        early = growing.get_attribute("src")
        lesson_3.page.wait_for_timeout(SECOND / 2)
        if growing.count():
            assert len(growing.get_attribute("src")) > len(early)
        cell.locator("img[src^='data:image/png']").wait_for()
        assert growing.count() == 0

    def test_all_cells_run_and_none_shows_an_error(self, lesson_3):
        lesson_3.cell("try_rates(train").locator(".widget-slider").first.wait_for()
        lesson_3.wait_until_idle()
        last = code_cells(read_notebook(LESSONS[2]))[-1].source
        playwright.expect(lesson_3.cell(last)).to_contain_text("Missing: the record")
        assert (
            lesson_3.page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
        )
        assert lesson_3.page.locator(".jp-RenderedText:has-text('Traceback')").count() == 0

    def test_a_moved_slider_and_train_draw_a_new_curve(self, lesson_3):
        panel = lesson_3.cell("try_rates(train")
        panel.locator(".widget-slider .noUi-handle").nth(0).click()
        lesson_3.page.keyboard.press("ArrowRight")
        readout = panel.locator(".widget-readout").first
        playwright.expect(readout).not_to_have_text(re.compile("^0.03$"))
        panel.get_by_role("button", name="Train").click()
        panel.locator("img").wait_for()
        panel.get_by_role("button", name="Reset").click()
        playwright.expect(panel.locator("img")).to_have_count(0)

    def test_an_exercise_refuses_a_wrong_answer_and_accepts_a_right_one(self, lesson_3):
        check = "check_run(answer_1"
        answer = "answer_1 = ..."
        for stages, verdict in [
            ("(HIGH, 200)", "Missing: epochs 21 to 200 at 0.0001"),
            ("(HIGH, 20), (LOW, 180)", "All of it is right."),
        ]:
            lesson_3.write(answer, f'answer_1 = train("mine", [{stages}])')
            answer = "answer_1 = train"
            lesson_3.run(answer)
            lesson_3.wait_until_idle()
            lesson_3.run(check)
            playwright.expect(lesson_3.cell(check)).to_contain_text(verdict)

    def test_stop_ends_a_fit_with_a_sentence_and_another_fit_goes_on(self, lesson_3):
        fit = "model.fit(training, epochs={}, verbose=0, callbacks=[another_day])"
        setup = "model = loaded\n"
        lesson_3.write("answer_2 = ...", setup + fit.format(100_000))
        cell = lesson_3.cell("model = loaded")
        lesson_3.run("model = loaded")
        playwright.expect(cell).to_contain_text("of 100220")
        lesson_3.page.locator('[data-command="notebook:interrupt-kernel"]').click()
        playwright.expect(cell).to_contain_text("two-stage: stopped after epoch")
        assert "Traceback" not in cell.inner_text()
        lesson_3.write("model = loaded", setup + fit.format(3))
        lesson_3.run("model = loaded")
        lesson_3.wait_until_idle()
        assert "Traceback" not in cell.inner_text()
        assert "stopped" not in cell.inner_text()


def test_the_whole_of_lesson_1_runs_on_a_machine_like_binders(browser):
    with browsing.small_machine() as python, browsing.server(python) as address:
        lesson = Lesson(browser, address, "01_high_learning_rate")
        lesson.command("notebook:clear-all-cell-outputs")
        playwright.expect(lesson.page.locator(".jp-CodeCell img")).to_have_count(0)
        lesson.command("notebook:run-all-cells")
        lesson.cell("check_value(answer_3").locator(".jp-OutputArea-output").wait_for(
            timeout=120 * SECOND
        )
        lesson.wait_until_idle()
        cells = code_cells(read_notebook(LESSONS[0]))
        for cell in cells:
            shown = lesson.cell(cell.source.splitlines()[0]).locator(".jp-OutputArea-output")
            assert shown.count() >= bool(cell.outputs), cell.source
        assert "Traceback" not in lesson.page.locator(".jp-Notebook").inner_text()
        lesson.page.close()


def test_the_slider_of_lesson_7_trains_at_its_rate(browser, server):
    lesson = Lesson(browser, server, "07_the_landscape")
    lesson.command("notebook:run-all-cells")
    panel = lesson.cell("Shows the slider")
    picture = panel.locator(".widget-interact img")
    picture.wait_for(timeout=120 * SECOND)
    before = picture.get_attribute("src")
    lesson.wait_until_idle()
    panel.locator(".noUi-handle").focus()
    lesson.page.keyboard.press("ArrowLeft")
    playwright.expect(panel.locator(".widget-readout")).to_have_text("0.562")
    lesson.wait_until_idle()
    lesson.page.wait_for_timeout(SECOND)
    assert "Traceback" not in panel.inner_text()
    assert picture.get_attribute("src") != before, "the figure is still that of the first rate"
    lesson.page.close()


def test_live_slides_show_one_idea_each_and_their_cells_run(browser, server):
    host, token = server
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60 * SECOND)
    page.goto(f"{host}/rise/notebooks/03_two_stage_fit.ipynb?token={token}")
    page.locator("p", has_text="Can one run be as fast").wait_for()
    page.wait_for_timeout(3 * SECOND)
    page.keyboard.press("PageDown")
    page.wait_for_timeout(SECOND)
    for start in ("from lessons_lib import", "HIGH, LOW = "):
        cell = page.locator(".jp-CodeCell").filter(has_text=start).first
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(SECOND)
    output = cell.locator(".jp-OutputArea-output")
    version = f"Python {platform.python_version()}"
    # TensorFlow's first import takes a while where nobody has imported it before.
    playwright.expect(output).to_contain_text(version, timeout=60 * SECOND)
    page.keyboard.press("Escape")
    page.keyboard.press("PageDown")
    page.get_by_role("heading", name="Stage 1: big steps").wait_for()
    page.close()


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    """The slides without a kernel, made by the command of the instructor notes."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    notes = folder.joinpath("notebooks", "instructor_notes.md").read_text()
    command = re.search(r"jupyter (nbconvert --to slides \S+ \S+) \S+", notes).group(1)
    paths = [str(path) for path in LESSONS if "slideshow" in path.read_text()]
    command = [sys.executable, "-m", "jupyter", *command.split(), *paths]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "deck"


def test_the_deck_needs_no_network_and_each_slide_fits_on_the_screen(browser, deck):
    decks = sorted(deck.glob("*.html"))
    assert len(decks) == 4
    for path in decks:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        asked = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        figures = 0
        while True:
            slide = page.locator("section.present").last
            needs = slide.evaluate("slide => [slide.scrollWidth, slide.scrollHeight]")
            assert needs[0] <= 1280 and needs[1] <= 720, (path.stem, slide.inner_text()[:60])
            figures += slide.locator("img:visible").count() > 0
            if page.evaluate("Reveal.isLastSlide()"):
                break
            page.keyboard.press("Space")
        assert figures >= 4
        assert all(url.startswith(("file:", "data:")) for url in asked)
        page.close()
