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


def picture_of(place):
    return Image.open(io.BytesIO(place.screenshot()))


def take_panel(lesson):
    """The panel after two tries: the first one is gray."""
    lesson.command("notebook:run-all-cells")
    panel = lesson.cell(PANEL)
    panel.locator(".widget-slider").first.wait_for(timeout=100 * SECOND)
    lesson.wait_until_idle(300)
    # The high rate a little higher; then an earlier switch.
    for slider, keys in [(0, ["ArrowRight"]), (2, ["Home", *["PageUp"] * 6])]:
        panel.locator(".widget-slider .noUi-handle").nth(slider).focus()
        for key in keys:
            lesson.page.keyboard.press(key)
        panel.get_by_role("button", name="Train").click()
        lesson.page.wait_for_timeout(SECOND)
        lesson.wait_until_idle()
    output = panel.locator(".widget-vbox").first
    picture_of(output).quantize(64).save(IMAGES / "try_rates.png", optimize=True)


def take_animation(lesson):
    """Both stages while they train, with the figure of the second at the end."""
    lesson.command("application:toggle-left-area")
    lesson.command("notebook:clear-all-cell-outputs")
    lesson.page.wait_for_timeout(SECOND)
    lesson.run(SETUP)
    lesson.wait_until_idle()
    frames = []
    for start in STAGES:
        lesson.run(start)
        lesson.cell(start).evaluate("cell => cell.scrollIntoView({block: 'start'})")
        for _ in range(14):
            frames.append(picture_of(lesson.page))
            lesson.page.wait_for_timeout(SECOND / 5)
        lesson.wait_until_idle()
    lesson.cell(STAGES[1]).evaluate("cell => cell.scrollIntoView({block: 'start'})")
    lesson.page.wait_for_timeout(SECOND)
    frames.append(picture_of(lesson.page))
    first, *others = (
        frame.convert("RGB").quantize(48, dither=Image.Dither.NONE) for frame in frames
    )
    how = {"duration": [300] * len(others) + [4000], "loop": 0, "optimize": True}
    first.save(IMAGES / "two_stage.gif", save_all=True, append_images=others, **how)


if __name__ == "__main__":
    for take, size in [(take_panel, (1100, 1000)), (take_animation, (1000, 720))]:
        viewport = dict(zip(("width", "height"), size, strict=True))
        with server() as address, chromium() as browser:
            take(Lesson(browser, address, "03_two_stage_fit", viewport=viewport))
