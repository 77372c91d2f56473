"""Each patch of tests/mutants fits the tree; ./dev mutate runs them."""
import subprocess

import pytest

import conftest

PATCHES = sorted((conftest.TOP / "tests/mutants").glob("*.patch"))


def test_there_are_enough():
    assert len(PATCHES) >= 40


@pytest.mark.parametrize("patch", PATCHES, ids=[p.stem for p in PATCHES])
def test_applies(patch):
    assert patch.read_text().startswith("# tests: ")
    done = subprocess.run(["git", "apply", "--check", "-p1", patch],
                          cwd=conftest.TOP, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
