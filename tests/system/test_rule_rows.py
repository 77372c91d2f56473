"""Each rule of the table has a message that breaks it."""
import importlib
import re

import conftest

# Warnings: test_good_input.py, test_several.py, test_wishes.py and
# test_made_key.py have the messages, and they are taken; of the last four
# rules_screen_test.c has them.
WARNINGS = {"first-has-no-recip-nonce", "sender-is-directory",
            "implicit-confirm-not-asked", "poposk-input-fits-template",
            "time-is-near", "conf-keeps-version",
            "vendor-key-better-not-reused", "no-challenge-password",
            "controls-are-heeded", "made-key-better-in-v3",
            "made-key-is-packed", "recipient-is-directory",
            "version-is-needed", "transaction-id-is-long", "usage-fits-key",
            "sender-names-secret", "subject-is-suggested",
            "reg-info-is-heeded", "exponent-is-usual"}

# A second wall: other rules refuse first what would break these.
BEHIND = {"message-is-welcome", "template-can-be-issued"}


def all_params():
    """Of every module here that has rows."""
    for file in sorted((conftest.TOP / "tests/system").glob("test_*.py")):
        if "\nrows = Rows()\n" in file.read_text():
            yield from importlib.import_module(file.stem).rows.params


def test_each_rule_has_a_row():
    text = "".join((conftest.TOP / "src/profile" / name).read_text()
                   for name in ("rule_list.h", "rule_list_judge.h"))
    rules = set(re.findall(r'^R\([A-Z0-9_]+,\s*\\?\s*"([a-z0-9-]+)"', text,
                           re.MULTILINE))
    assert len(rules) > 50
    params = list(all_params())
    assert len(params) >= 70
    assert rules == {p.values[3] for p in params} | WARNINGS | BEHIND
