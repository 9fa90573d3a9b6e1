"""Tells all links where the repository is: Binder's, Colab's, the site's, a class server's.

python -m tests.maintain.publish OWNER REPO
"""

import re
import sys

from tests.notebooks import ROOT

# What stands for owner and name, also after an earlier run, as in a fork.
LINKS = {
    r"(?<=mybinder\.org/v2/gh/)[\w.-]+/[\w.-]+": "{owner}/{name}",
    r"(?<=colab\.research\.google\.com/github/)[\w.-]+/[\w.-]+": "{owner}/{name}",
    r"(?<=git\+https://github\.com/)[\w.-]+/[\w.-]+": "{owner}/{name}",
    r"(?<=%2Fgithub\.com%2F)[\w.-]+%2F[\w.-]+": "{owner}%2F{name}",
    r"(?<=urlpath=lab%2Ftree%2F)[\w.-]+(?=%2Fnotebooks)": "{name}",
}


def publish(owner, name, root=ROOT):
    """Writes owner and name into every link; gives the files that have changed."""
    folder = root / "notebooks"
    changed = []
    for page in [root / "README.md", *folder.glob("**/*.md"), *folder.glob("**/*.ipynb")]:
        text = new = page.read_bytes().decode("utf-8")
        for place, words in LINKS.items():
            new = re.sub(place, words.format(owner=owner, name=name), new)
        if new != text:
            # As bytes: on Windows text would get other line ends.
            page.write_bytes(new.encode("utf-8"))
            changed.append(page)
    return changed


if __name__ == "__main__":
    if len(sys.argv) != 3 or not all(re.fullmatch(r"[\w.-]+", part) for part in sys.argv[1:]):
        sys.exit("Give owner and name: python -m tests.maintain.publish OWNER REPO")
    for page in publish(*sys.argv[1:]):
        print("changed:", page.relative_to(ROOT).as_posix())
