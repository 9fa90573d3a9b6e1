"""Settings for a deck of slides that needs no network (instructor_notes.md has the command)."""

import shutil
from pathlib import Path

import sphinx_revealjs

c = get_config()  # noqa: F821  nbconvert provides it.
here = Path(__file__).parent
c.TemplateExporter.extra_template_basedirs = [str(here)]
c.SlidesExporter.template_name = "offline"
c.SlidesExporter.reveal_url_prefix = "reveal"
c.SlidesExporter.reveal_theme = "white"
c.HTMLExporter.embed_images = True
# What only runs is left out, and so is the code that only draws: the room looks at the figure.
c.TagRemovePreprocessor.remove_cell_tags = {"setup", "widget"}
c.TagRemovePreprocessor.remove_input_tags = {"draws", "hide-input"}
c.NbConvertBase.display_data_priority = [
    *("text/html", "image/gif", "image/png", "text/markdown", "text/plain")
]
c.FilesWriter.build_directory = str(here.parents[1] / "deck")
# The scripts lie beside the slides.
reveal = Path(sphinx_revealjs.__file__).parent / "_static" / "revealjs"
shutil.copytree(reveal, here.parents[1] / "deck" / "reveal", dirs_exist_ok=True)
