"""Tells the links where the repository is: Binder's, and with them the site's.

python -m tests.publish OWNER REPO
"""

import re
import sys

from tests.lessons import ROOT

# Also after an earlier run, as in a fork.
BINDER_LINK = re.compile(r"(?<=mybinder\.org/v2/gh/)[^/\s]+/[^/\s]+(?=/)")


def publish(owner, name, root=ROOT):
    """Writes owner and name into every Binder link; gives the files that have changed."""
    pages = [
        root / "README.md",
        *root.glob("notebooks/**/*.md"),
        *root.glob("notebooks/**/*.ipynb"),
    ]
    changed = []
    for page in pages:
        text = page.read_bytes().decode("utf-8")
        new = BINDER_LINK.sub(f"{owner}/{name}", text)
        if new != text:
            # As bytes: on Windows text would get other line ends.
            page.write_bytes(new.encode("utf-8"))
            changed.append(page)
    return changed


if __name__ == "__main__":
    if len(sys.argv) != 3 or not all(re.fullmatch(r"[\w.-]+", part) for part in sys.argv[1:]):
        sys.exit(
            "Give the owner and the name of the repository: python -m tests.publish OWNER REPO"
        )
    for page in publish(*sys.argv[1:]):
        print("changed:", page.relative_to(ROOT).as_posix())
