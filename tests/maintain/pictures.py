"""Takes the pictures of JupyterLab that the project shows:

    python -m tests.pictures

The panel of lesson 3 at the lesson's own place, and README's animation of its two stages.
Needs Chromium. Look at both before you commit them.
"""

import io

from tests.project.browser import SECOND, Lesson, chromium, server
from tests.notebooks import ROOT
from PIL import Image
from playwright.sync_api import expect

IMAGES = ROOT / "notebooks" / "images"
STAGES = ['TrainingRecord("two-stage", live=True)', "model.optimizer.learning_rate = LOW"]


def take_panel(lesson):
    """The panel after two tries: the first one is gray."""
    lesson.command("notebook:run-all-cells")
    panel = lesson.cell("try_rates(train")
    panel.locator(".widget-slider").first.wait_for(timeout=100 * SECOND)
    lesson.wait_until_idle(300)
    train = panel.get_by_role("button", name="Train")
    for slider, keys in [("high rate", ["ArrowRight"]), ("switch", ["Home", *["PageUp"] * 6])]:
        row = panel.locator(".widget-slider").filter(has_text=slider)
        row.locator(".noUi-handle").focus()
        for key in keys:
            lesson.page.keyboard.press(key)
        train.click()
        expect(train).to_be_disabled()
        expect(train).to_be_enabled(timeout=60 * SECOND)
        lesson.page.wait_for_timeout(2 * SECOND)
    output = panel.locator(".widget-vbox").first
    picture = Image.open(io.BytesIO(output.screenshot()))
    picture.quantize(64).save(IMAGES / "try_rates.png", optimize=True)


def take_animation(lesson):
    """Both stages while they train, with the figure of the second in the middle."""
    for start in ["from lessons_lib import", "HIGH, LOW = "]:
        lesson.run(start)
        lesson.wait_until_idle()
    frames = []
    for start in STAGES:
        lesson.run(start)
        lesson.cell(start).evaluate("cell => cell.scrollIntoView({block: 'start'})")
        for _ in range(14):
            frames.append(Image.open(io.BytesIO(lesson.page.screenshot())))
            lesson.page.wait_for_timeout(SECOND / 5)
        lesson.wait_until_idle()
    lesson.cell(STAGES[1]).evaluate("cell => cell.scrollIntoView({block: 'start'})")
    lesson.page.wait_for_timeout(SECOND)
    frames.append(Image.open(io.BytesIO(lesson.page.screenshot())))
    frames = [frame.convert("RGB").quantize(48, dither=Image.Dither.NONE) for frame in frames]
    durations = [300] * (len(frames) - 1) + [4000]
    frames[0].save(
        IMAGES / "two_stage.gif",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        optimize=True,
    )


if __name__ == "__main__":
    stem = "03_two_stage_fit"
    with server() as address, chromium() as browser:
        take_panel(Lesson(browser, address, stem, viewport={"width": 1100, "height": 1000}))
    with server() as address, chromium() as browser:
        lesson = Lesson(browser, address, stem, viewport={"width": 1000, "height": 720})
        lesson.command("application:toggle-left-area")
        lesson.command("notebook:clear-all-cell-outputs")
        lesson.page.wait_for_timeout(SECOND)
        take_animation(lesson)
    for name in ("try_rates.png", "two_stage.gif"):
        print(f"{name}: {IMAGES.joinpath(name).stat().st_size / 1000:.0f} kB")
