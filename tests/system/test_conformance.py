"""docs/conformance.md names code and tests that exist."""
import re

import pytest

import conftest

TEXT = (conftest.TOP / "docs/conformance.md").read_text()
ROWS = re.findall(r"^\| ((?:CR|BP|R)[^ |]+) \| [^|]+ \| ([^|]+) \| (\w+) \|"
                  r"([^|]*)\|([^|]*)\|$", TEXT, re.MULTILINE)


def unit_tests():
    names = set()
    for file in [*conftest.TOP.glob("src/*/meson.build"),
                 *conftest.TOP.glob("tests/**/meson.build")]:
        names |= set(re.findall(r"^  '(\w+)': \[|^test\('(\w+)'",
                                file.read_text(), re.MULTILINE))
    return {name for pair in names for name in pair}


UNIT = unit_tests()


def exists(test):
    return test in UNIT or (conftest.TOP / "tests/system" / test).is_file()


def test_all_rows_are_there():
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids))
    assert {f"CR-{i}" for i in range(1, 9)} <= set(ids)
    assert {f"BP-{i}" for i in range(1, 11)} <= set(ids)
    assert len(ids) > 90


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row):
    _, what, state, code, test = (part.strip() for part in row)
    assert state in ("done", "part", "open")
    if state == "open" or what.startswith("See "):
        assert code == test == ""
        return
    assert code and test
    for path in re.findall(r"\b[a-z0-9]+/[a-z0-9_]+\.[ch]\b", code):
        assert (conftest.TOP / "src" / path).is_file(), path
    for name in test.split("; "):
        assert exists(name), name
