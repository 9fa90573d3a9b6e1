"""nbval compares the statement and the verdict of a claim, not the number measured."""

import re

from tests.notebooks import ROOT
import pytest
from nbval.plugin import get_sanitize_patterns

PATTERNS = get_sanitize_patterns((ROOT / "tests" / "sanitize.cfg").read_text("utf-8"))


def sanitized(text):
    for pattern, replacement in PATTERNS:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text


LINE = "     0.018   holds   In stage 2 the weights move less than a third as far.\n"


@pytest.mark.parametrize("here", ["0.021", "12.5", "-1", "nan", "1.4e-05"])
def test_another_number_is_the_same_output(here):
    assert sanitized(LINE.replace("0.018", here)) == sanitized(LINE)


@pytest.mark.parametrize("change", [("holds", "DOES NOT HOLD"), ("stage 2", "stage 3")])
def test_another_verdict_or_statement_is_another_output(change):
    assert sanitized(LINE.replace(*change)) != sanitized(LINE)
