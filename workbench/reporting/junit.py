"""A validation as JUnit XML, in the shape that Jenkins, GitLab and GitHub's test reporters read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from workbench.characters import visible
from workbench.reporting.cases import lines_of, shorten

if TYPE_CHECKING:
    from workbench.validation import CheckOutcome, Validation

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids, even escaped (https://www.w3.org/TR/xml/#charsets)."""


def as_junit(validation: Validation) -> str:
    """Write JUnit XML: a test suite for the dataset, a test case for each check.

    A failed check of severity error is a failure, a broken one an error, one that was not asked is skipped. JUnit
    knows no warnings: a failed check of severity warning is a passed test case with a text in ``system-out``.
    """
    failed = [check for check in validation.checks if check.outcome == "failed" and check.severity == "error"]
    totals = {
        "tests": len(validation.checks),
        "failures": len(failed),
        "errors": sum(check.outcome == "error" for check in validation.checks),
        "skipped": sum(check.outcome in ("skipped", "not applicable") for check in validation.checks),
    }
    counts = {name: str(number) for name, number in totals.items()}
    root = ElementTree.Element("testsuites", {key: counts[key] for key in ("tests", "failures", "errors")})
    suite = ElementTree.SubElement(root, "testsuite", {"name": xml_text(validation.label), **counts, "time": "0"})
    for check in validation.checks:
        where = f"{validation.dataset}.{check.column}" if check.column is not None else validation.dataset
        attributes = {"classname": xml_text(where), "name": xml_text(check.check), "time": "0"}
        _tell(ElementTree.SubElement(suite, "testcase", attributes), validation, check)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _tell(case: ElementTree.Element, validation: Validation, check: CheckOutcome) -> None:
    """Put the outcome of a check below its test case."""
    if check.outcome in ("skipped", "not applicable"):
        ElementTree.SubElement(case, "skipped", {"message": xml_text(f"{check.outcome}: {check.message}")})
    elif check.outcome == "error":
        told = {"message": xml_text(shorten(check.message, 300)), "type": "broken check"}
        ElementTree.SubElement(case, "error", told).text = xml_text(check.message)
    elif check.outcome == "failed":
        text = xml_text("\n".join([check.name, *lines_of(validation, check)]))
        if check.severity == "warning":
            ElementTree.SubElement(case, "system-out").text = xml_text(f"warning: {check.message}\n") + text
        else:
            told = {"message": xml_text(shorten(check.message, 300)), "type": "failure cases"}
            ElementTree.SubElement(case, "failure", told).text = text


def xml_text(text: str) -> str:
    """Mark characters that are not seen, and write what else XML cannot hold as its code."""
    return _NOT_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", visible(text, lines=True))
