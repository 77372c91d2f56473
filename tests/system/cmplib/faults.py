"""Exchanges with one thing wrong, as rows: what is changed, and the rule that
lint tells of first. Whatever else it tells is to be a consequence of that in
the table of src/profile/consequences.c."""
import re
from pathlib import Path

import pytest

from cmplib import cmp, pki
from cmplib.der import seq
from cmplib.dialogue import Dialogue, Linter, Operator

TOP = Path(__file__).resolve().parents[3]
EE = pki.name(CN="bs1.acme", O="Operator")


class Scene:
    """What all dialogues share: an operator, a vendor, and a second of each."""

    def __init__(self):
        self.operator = Operator()
        self.vendor = pki.Vendor("Acme")
        self.other = pki.CA(pki.name(CN="Other Root", O="Elsewhere"))
        self.new_key = pki.Key()
        self.sub = pki.CA(pki.name(CN="Deep", O="Operator"),
                          self.operator.issuing)

    def dialogue(self, kind="ir", profile="3gpp-bs"):
        return Dialogue(self.operator, self.vendor, kind,
                        profile == "rfc9483")


@pytest.fixture(scope="module")
def scene():
    return Scene()


@pytest.fixture
def linter(stationmaster, tmp_path, scene):
    return Linter(stationmaster, tmp_path, scene.operator.root.cert,
                  scene.vendor.root.cert)


class Faults:
    def __init__(self):
        self.params = []

    def __call__(self, name, rule, kind="ir", profile="3gpp-bs",
                 capture=False):
        def keep(change):
            self.params.append(pytest.param(change, rule, kind, profile,
                                            capture, id=name))
            return change
        return keep

    def answers(self, name, rule, **options):
        """A row whose answer's header is changed."""
        def keep(**fields):
            @self(name, rule, **options)
            def change(d, s):
                d.answer.fields.update({k: v(d) if callable(v) else v
                                        for k, v in fields.items()})
        return keep

    def issued(self, name, rule, **options):
        """A row whose new certificate is another."""
        def keep(make):
            @self(name, rule, **options)
            def change(d, s):
                d.cert = make(d, s)
                d.again()
                d.conf.content = seq(cmp.cert_status(pki.Cert(d.cert).hash()))
        return keep

    def extra(self, name, rule, **options):
        """One more certificate in the answer's extraCerts."""
        def keep(make):
            @self(name, rule, **options)
            def change(d, s):
                d.answer.extra_certs.append(make(d, s))
        return keep


def consequences():
    """By cause, as the table has them."""
    text = (TOP / "src/profile/consequences.c").read_text()
    rows = re.findall(r"\{ RULE_(\w+),[^{]*\{([^}]*)\}", text)
    assert len(rows) > 60
    return {rule_id(cause): {rule_id(e) for e in
                             re.findall(r"RULE_(\w+)", effects)}
            for cause, effects in rows}


def rule_id(name):
    return name.lower().replace("_", "-")


FOLLOWS = consequences()


def all_that_follows(rule, known=()):
    found = {rule, *known}
    for effect in FOLLOWS.get(rule, set()) - found:
        found |= all_that_follows(effect, found)
    return found


def check(scene, linter, change, rule, kind, profile, capture):
    dialogue = scene.dialogue(kind, profile)
    change(dialogue, scene)
    reports, _ = (linter.capture(dialogue, profile) if capture else
                  linter.messages(dialogue.messages, profile))
    told = [f["rule"] for m in reports["messages"] for f in m["findings"]]
    assert told, f"{rule} was not found"
    assert told[0] == rule, told
    assert set(told) <= all_that_follows(rule), told


def ids_of(name, *steps):
    text = (TOP / "src/profile" / name).read_text()
    rows = re.findall(r'^R\([A-Z0-9_]+,\s*\\?\s*"([a-z0-9-]+)"(.*?)\n(?=R\(|/)',
                      text, re.MULTILINE | re.DOTALL)
    return {rule for rule, rest in rows
            if not steps or re.search(rf"\b({'|'.join(steps)})\b", rest)}
