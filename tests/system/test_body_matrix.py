"""Every body sent to every type of profile, signed and under a shared secret:
served, or refused by the rule that says so, with the same answer each time and
nothing changed. And every body in every role, with the test that shows it. Both
tables are printed; ./dev test passes them on."""
import ast

import pytest

import conftest
from cmplib import cmp, der, http
from cmplib.der import bits, ctx, integer, oid, prim, seq
from cmplib.rows import check_refused
from cmplib.secret import holder

TYPES = {"3gpp-bs": http.PATH, "rfc9483": http.PATH + "/p/light",
         "open": http.PATH + "/p/lab", "legacy-2010": http.PATH + "/p/old"}

VECTORS = conftest.TOP / "tests/vectors"


def read_served(label):
    """Body to types that serve it, of the checked text of the profiles."""
    served, profile = {}, None
    for line in (VECTORS / "profiles.txt").read_text().split("\n"):
        if line.startswith("profile "):
            profile = line.split()[1]
        elif line.startswith(f"  {label}: "):
            for kind in line.partition(": ")[2].split():
                served.setdefault(kind, set()).add(profile)
    # Where peer_cas says who may ask, which is nobody here: test_ccr.py.
    served.pop("ccr", None)
    return served


SERVED = read_served("requests")
UNDER_MAC = read_served("under a MAC")
# Where a profile takes passphrases, which none does here: test_passphrase.py.
UNDER_PASSPHRASE = {"rr"} if "taken" in read_served(
    "revocation passphrases") else set()
# What the log says of a body where it is not served; of the others, the name.
OF_A_SERVER = "which only a server sends"
ANNOUNCEMENT = "an announcement"
REFUSED = {
    "ip": OF_A_SERVER, "cp": OF_A_SERVER, "popdecc": OF_A_SERVER,
    "kup": OF_A_SERVER, "krp": OF_A_SERVER, "rp": OF_A_SERVER,
    "ccp": OF_A_SERVER, "pkiconf": OF_A_SERVER, "genp": OF_A_SERVER,
    "pollRep": OF_A_SERVER,
    "krr": "keeps no private keys (RFC 9810, 5.3.7)",
    "ckuann": ANNOUNCEMENT, "cann": ANNOUNCEMENT, "rann": ANNOUNCEMENT,
    "crlann": ANNOUNCEMENT,
    "popdecr": "sends no challenge",
    "ccr": "certifies no other CA",
    "nested": "trusts no RA",
    "genm": "genm",
}

STATUS = seq(integer(2))
NO_ALG = seq(oid("1.2"))
TIME = der.generalized_time(1900000000)
CERT_REP = seq(seq(seq(integer(0), STATUS)))


def contents(station):
    """A body of each kind that has its structure and means little."""
    cert = station.credential.cert
    return {
        "ip": CERT_REP, "cp": CERT_REP, "kup": CERT_REP, "ccp": CERT_REP,
        "p10cr": seq(seq(integer(0), seq(), seq(NO_ALG, bits(b"")), ctx(0)),
                     NO_ALG, bits(b"")),
        "popdecc": seq(seq(der.octets(b"w"), der.octets(b"c"))),
        "popdecr": seq(integer(1)),
        "krp": seq(STATUS), "rp": seq(seq(STATUS)),
        "rr": seq(seq(seq(prim(1, b"\x01")))),
        "ckuann": seq(cert, cert, cert), "cann": cert,
        "rann": seq(integer(0), seq(ctx(4, der.NULL_DN), integer(1)), TIME,
                    TIME),
        "crlann": seq(), "pkiconf": der.NULL, "genm": seq(), "genp": seq(),
        "nested": seq(bytes(station.ir())),
        "error": seq(STATUS), "certConf": seq(), "pollReq": seq(
            seq(integer(0))),
        "pollRep": seq(seq(integer(0), integer(1))),
    }


def message(station, kind):
    if kind in ("ir", "cr", "kur", "krr", "ccr"):
        return station.request(kind)
    credential = station.credential
    return cmp.outgoing(kind, contents(station)[kind], credential,
                        [credential.cert, *credential.chain])


@pytest.fixture
def show(capsys):
    """Prints a line that ./dev test shows too, whatever becomes of the test."""
    def show_line(text=""):
        with capsys.disabled():
            print(f"matrix| {text}")

    with capsys.disabled():
        print()
    return show_line


def test_no_cell_is_empty(show):
    assert set(SERVED) | set(REFUSED) == set(cmp.BODIES)
    assert {t for types in SERVED.values() for t in types} == set(TYPES)
    show(f"{'body':10}" + "".join(f"{t:14}" for t in TYPES))
    for kind in cmp.BODIES:
        cells = "".join(f"{'served' if t in SERVED.get(kind, ()) else 'no':14}"
                        for t in TYPES)
        show(f"{kind:10}{cells}{REFUSED.get(kind, '')}")
    show()


@pytest.mark.parametrize("profile", TYPES)
@pytest.mark.parametrize("kind", cmp.BODIES)
def test_cell(world, kind, profile):
    path = TYPES[profile]
    server = world.server
    mark = server.mark()
    if profile not in SERVED.get(kind, ()):
        check_refused(world, lambda w: message(w.station(path=path), kind),
                      "error", "badRequest", "body-is-served", path)
        line = server.wait_lines(mark, "refused")[0]
        assert REFUSED.get(kind, kind) in line["text"], line
        assert line["clause"] == "TS 33.310, 9.5.1 (RFC 9483, 3.5)"
        return
    response = world.station(path=path).post(
        message(world.station(path=path), kind))
    assert response.status == 200
    taken = [n for n in server.lines(mark) if n.get("body") == kind]
    assert taken and taken[0].get("rule") != "body-is-served", taken


@pytest.mark.parametrize("profile", TYPES)
@pytest.mark.parametrize("kind", cmp.BODIES)
def test_cell_under_a_secret(world, kind, profile):
    path, server = TYPES[profile], world.server
    station = holder(world, path)
    before, mark = server.tables(), server.mark()
    response = station.post(station.under(message(station, kind)))
    assert response.status == 200
    line = [n for n in server.lines(mark) if n.get("body") == kind][0]
    if profile in UNDER_MAC.get(kind, ()):
        assert line.get("rule") not in ("body-is-served",
                                        "protection-is-signature")
        return
    assert line["rule"] == ("protection-is-signature" if profile in
                            SERVED.get(kind, ()) else "body-is-served")
    assert cmp.Reply(response.body).failures == {line["fail_info"]}
    assert server.tables() == before


# --- every body in every role ---

ROLES = [(role, protection) for role in ("server", "client")
         for protection in ("signature", "mac")]


def read_matrix():
    """(body, role, protection) to a test, or to the clause without one."""
    text = (VECTORS / "matrix.txt").read_text().partition("\n\n")[2]
    lines = [line.split(None, 3) for line in text.splitlines()]
    cells = {tuple(line[:3]): line[3] for line in lines}
    assert len(cells) == len(lines), "a cell stands there twice"
    return cells


def is_there(test):
    file, _, name = test.partition("::")
    tree = ast.parse((conftest.TOP / "tests/system" / file).read_text())
    return any(isinstance(node, ast.FunctionDef) and node.name == name
               for node in ast.walk(tree))


def test_no_role_is_empty(show):
    cells = read_matrix()
    assert set(cells) == {(kind, *role) for kind in cmp.BODIES
                          for role in ROLES}
    show(f"{'body':10}" + "".join(f"{' '.join(r):18}" for r in ROLES))
    for kind in cmp.BODIES:
        show(f"{kind:10}" + "".join(
            f"{'-' if cells[kind, *r].startswith('-') else 'yes':18}"
            for r in ROLES))
    for cell, what in cells.items():
        if what.startswith("- "):
            show(f"{' '.join(cell):28}{what}")
            assert what[2:].startswith(("RFC ", "TS ")), cell
        else:
            assert is_there(what), f"{cell}: no test {what}"


def test_the_server_serves_what_the_matrix_says():
    """The two tables say the same of what a server takes."""
    cells = read_matrix()
    for kind in set(SERVED) | {"ccr"}:
        assert not cells[kind, "server", "signature"].startswith("-"), kind
        assert cells[kind, "server", "mac"].startswith("-") == \
            (kind not in UNDER_MAC and kind not in UNDER_PASSPHRASE), kind
