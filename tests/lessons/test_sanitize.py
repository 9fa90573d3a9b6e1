"""nbval compares the statement and the verdict of a claim, not the number measured."""

import re

from tests.notebooks import ROOT
from nbval.plugin import get_sanitize_patterns

PATTERNS = get_sanitize_patterns((ROOT / "tests" / "lessons" / "sanitize.cfg").read_text("utf-8"))


def sanitized(text):
    for pattern, replacement in PATTERNS:
        text = re.sub(pattern, replacement, text)  # As nbval does.
    return text


def test_another_number_is_the_same_output_but_another_verdict_or_statement_is_not():
    line = 2 * "     0.018   holds   In stage 2 the weights move less than a third as far.\n"
    for number in ("0.021", "12.5", "-1", "nan", "1.4e-05", "12%", "9 of 10"):
        assert sanitized(line.replace("0.018", number)) == sanitized(line)
    for change in (("holds", "DOES NOT HOLD"), ("stage 2", "stage 3")):
        assert sanitized(line.replace(*change)) != sanitized(line)
