"""The fingerprint changes with what code does, and with nothing else."""

import shutil

from tests.notebooks import ROOT, fingerprint
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

CELL = 'def rate():\n    """Gives a rate."""\n    return 0.03\n\n\nrate()'
CHANGES = [("networks.py", "(32,", "(33,"), ("data.py", "read_diamonds", "read_them")]
CHANGES += [("diamonds.csv", "Ideal", "Fair")]
WORKER = "%%writefile worker.py\nrate = 0.03"


@pytest.fixture
def library(tmp_path):
    return shutil.copytree(ROOT / "lessons_lib", tmp_path / "lessons_lib")


def replace(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def printed(library, cell=CELL, worker=WORKER, output="0.03", colab="%pip install x"):
    cells = [new_code_cell(cell, outputs=[new_output("stream", text=output)])]
    cells += [new_code_cell(worker), new_code_cell(colab, metadata={"tags": ["colab"]})]
    return fingerprint(new_notebook(cells=cells), library)


def test_words_about_code_and_what_publishing_sets_change_nothing(library):
    before = printed(library)
    replace(library / "data.py", '"""', '"""Another word. ')
    replace(library / "data.py", '\n    """', '\n    """Another word. ')
    replace(library / "data.py", "import numpy", "# Another line.\n\nimport numpy")
    cell = CELL.replace("Gives a", "Says the").replace("0.03", "0.03  # high")
    assert printed(library, cell=cell, colab="%pip install y") == before


def test_another_number_name_or_diamond_in_lessons_lib_is_seen(library):
    prints = [printed(library)]
    for file, old, new in CHANGES:
        replace(library / file, old, new)
        prints.append(printed(library))
    assert len({*prints}) == 4


def test_another_number_name_end_magic_or_output_of_a_cell_is_seen(library):
    cells = [CELL, CELL.replace("0.03", "0.3"), CELL.replace("rate", "pace"), CELL + ";"]
    prints = {printed(library, cell=cell) for cell in cells}
    prints |= {printed(library, worker=WORKER + "0"), printed(library, output="0.04")}
    assert len(prints) == 6
