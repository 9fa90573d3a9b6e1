"""Publishing sets every link, and the stored outputs still belong to their cells."""

import shutil

from tests.maintain.publish import publish
from tests.notebooks import LESSONS, NOTEBOOKS, ROOT, fingerprint, read_notebook


def test_publishing_sets_every_link_and_breaks_no_stored_output(tmp_path):
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    changed = publish("a-first", "one", tmp_path)
    lessons = [tmp_path / path.relative_to(ROOT) for path in LESSONS]
    notes = tmp_path / "notebooks" / "instructor_notes.md"
    assert {tmp_path / "README.md", notes, *lessons} <= {*changed}
    for page in changed:
        text = page.read_text("utf-8")
        assert not any(place in text for place in ("OWNER/REPO", "OWNER%2FREPO", "tree%2FREPO"))
    for link in ("/a-first/one\n", "%2Fa-first%2Fone&branch", "tree%2Fone%2Fnotebooks"):
        assert link in notes.read_text("utf-8")
    for path in NOTEBOOKS:
        published = read_notebook(tmp_path / path.relative_to(ROOT))
        assert fingerprint(published) == fingerprint(read_notebook(path)), path
    # A fork sets them once more; the second time there is nothing to do.
    assert publish("a-second", "one", tmp_path) == changed
    assert publish("a-second", "one", tmp_path) == []
