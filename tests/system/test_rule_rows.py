"""Each rule of the table has a message that breaks it."""
import re

import conftest
import test_bad_input
import test_bad_state

# Warnings: test_good_input.py has the messages, and they are taken.
WARNINGS = {"first-has-no-recip-nonce", "sender-is-directory",
            "implicit-confirm-not-asked", "poposk-input-fits-template",
            "time-is-near", "conf-keeps-version",
            "vendor-key-better-not-reused"}


def test_each_rule_has_a_row():
    text = (conftest.TOP / "src/profile/rule_list.h").read_text()
    rules = set(re.findall(r'^R\([A-Z0-9_]+,\s*\\?\s*"([a-z0-9-]+)"', text,
                           re.MULTILINE))
    assert len(rules) > 50
    params = test_bad_input.rows.params + test_bad_state.rows.params
    assert len(params) >= 70
    assert rules == {p.values[3] for p in params} | WARNINGS
