"""Tells the links where the repository is: Binder's, with them the site's, and a class server's.

python -m tests.publish OWNER REPO
"""

import re
import sys

from tests.notebooks import ROOT

# What stands for owner and name, also after an earlier run, as in a fork.
LINKS = {
    r"(?<=mybinder\.org/v2/gh/)[^/\s]+/[^/\s]+(?=/)": "{owner}/{name}",
    r"(?<=git\+https://github\.com/)[^/\s]+/[^/\s]+": "{owner}/{name}",
    r"(?<=%2Fgithub\.com%2F)[^%\s]+%2F[^%&\s]+": "{owner}%2F{name}",
    r"(?<=urlpath=lab%2Ftree%2F)[^%\s]+(?=%2Fnotebooks)": "{name}",
}


def publish(owner, name, root=ROOT):
    """Writes owner and name into every link; gives the files that have changed."""
    pages = [
        root / "README.md",
        *root.glob("notebooks/**/*.md"),
        *root.glob("notebooks/**/*.ipynb"),
    ]
    changed = []
    for page in pages:
        text = page.read_bytes().decode("utf-8")
        new = text
        for place, words in LINKS.items():
            new = re.sub(place, words.format(owner=owner, name=name), new)
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
