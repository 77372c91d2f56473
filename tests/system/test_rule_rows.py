"""Each rule of the table has a message that breaks it."""
import importlib
import re

import conftest
from cmplib import linted

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


# Of the station's rules: that it names them is not shown yet.
NOT_SHOWN = {"reply-over-http", "reply-in-time", "reply-is-der",
             "cert-is-usable"}


def rules_of(pattern):
    """Identifier and enumerator of each row of these lists."""
    return {m[2]: m[1] for file in (conftest.TOP / "src/profile").glob(pattern)
            for m in re.finditer(r'^R\(([A-Z0-9_]+),\s*\\?\s*"([a-z0-9-]+)"',
                                 file.read_text(), re.MULTILINE)}


def test_each_other_rule_is_in_a_test():
    """What the station and lint judge by, in unit tests or here. (For those of
    HTTP inspect/http_rules_test.c sees to that itself; the server's own
    troubles are one for each failure, service/verdicts.c.)"""
    tests = "\n".join(file.read_text() for folder, pattern in (
        ("src", "*/*_test.[ch]"), ("tests", "s*/*.py"), ("tests", "s*/*.c"))
        for file in (conftest.TOP / folder).glob(pattern)
        if file.name != "test_rule_rows.py")
    words = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+|RULE_[A-Z0-9_]+", tests))
    rules = rules_of("rule_list_[sec]*.h")
    assert len(rules) > 140
    assert {name for name, row in rules.items()
            if name not in words and f"RULE_{row}" not in words} == NOT_SHOWN


def test_what_lint_cannot_see_is_in_the_table():
    """Names that are there; and rows of most rules are seen by lint."""
    rules = rules_of("rule_list*.h")
    assert set(linted.UNSEEN) <= set(rules)
    assert {name for pair in [*linted.BESIDE, *linted.CAUSES]
            for name in pair} <= set(rules)
    rows = {p.values[3] for p in all_params()}
    assert len(rows & set(linted.UNSEEN)) < len(rows) / 2
