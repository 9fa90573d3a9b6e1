"""Takes the pictures of JupyterLab that the project shows:

    python -m tests.maintain.pictures

The panel of lesson 3 at the lesson's own place, and README's animation of its two stages.
Needs Chromium. Look at both before you commit them.
"""

import io

from tests.notebooks import ROOT
from tests.project.browser import SECOND, Lesson, chromium, server
from PIL import Image

IMAGES = ROOT / "notebooks" / "images"
SETUP, PANEL = "import lessons_lib as lib", "# Draws the panel"
STAGES = ['TrainingRecord("two-stage", live=True)', "model.optimizer.learning_rate = LOW"]


def picture_of(place, colors):
    picture = Image.open(io.BytesIO(place.screenshot())).convert("RGB")
    return picture.quantize(colors, dither=Image.Dither.NONE)


def take_panel(lesson):
    """The panel after one try, which lowers the rate earlier than the lesson does."""
    lesson.command("notebook:run-all-cells")
    panel = lesson.cell(PANEL)
    panel.locator(".widget-slider").first.wait_for(timeout=100 * SECOND)
    lesson.wait_until_idle(300)
    panel.locator(".widget-slider .noUi-handle").nth(2).focus()
    for key in ["Home", *["PageUp"] * 6]:
        lesson.page.keyboard.press(key)
    lesson.page.wait_for_timeout(SECOND)  # The kernel hears of the slider a little later.
    panel.get_by_role("button", name="Train").click()
    panel.locator(".widget-vbox img").first.wait_for(timeout=100 * SECOND)
    lesson.wait_until_idle()
    picture = picture_of(panel.locator(".widget-vbox").first, colors=64)
    picture.save(IMAGES / "try_rates.png", optimize=True)


def take_animation(lesson):
    """Both stages while they train, with the figure of the second at the end."""
    lesson.command("application:toggle-left-area")
    lesson.command("notebook:clear-all-cell-outputs")
    lesson.page.wait_for_timeout(SECOND)
    lesson.run(SETUP)
    lesson.wait_until_idle()
    frames = []
    for start in STAGES:
        cell = lesson.cell(start)
        lesson.run(start)
        for _ in range(14):
            cell.evaluate("cell => cell.scrollIntoView({block: 'start'})")
            frames.append(picture_of(lesson.page, colors=48))
            lesson.page.wait_for_timeout(SECOND / 5)
        lesson.wait_until_idle()
    cell.evaluate("cell => cell.scrollIntoView({block: 'start'})")
    lesson.page.wait_for_timeout(SECOND)
    how = {"append_images": [*frames[1:], picture_of(lesson.page, colors=48)], "loop": 0}
    how |= {"duration": [300] * len(frames) + [4000], "optimize": True}
    frames[0].save(IMAGES / "two_stage.gif", save_all=True, **how)


if __name__ == "__main__":
    for take, width, height in [(take_panel, 1100, 1000), (take_animation, 1000, 720)]:
        with server() as address, chromium() as browser:
            viewport = {"width": width, "height": height}
            take(Lesson(browser, address, "03_two_stage_fit", viewport=viewport))
