"""certProfile: the station names the profile that it wants."""
import pytest

from cmplib import cmp, der, pki
from cmplib.cmp import id_it, info
from cmplib.der import octets, seq, utf8
from cmplib.http import PATH
from cmplib.program import Program
from cmplib.rows import Rows, check_refused

rows = Rows()
LAB, LIGHT, OLD = (f"{PATH}/p/{name}" for name in ("lab", "light", "old"))


def wish(*names):
    return info(id_it(21), seq(*map(utf8, names)))


def request(w, *names, kind="ir", path=PATH, **options):
    return w.station(path=path).request(kind, general_info=[wish(*names)], **options)


def bad(name, build, failure, rule, path=PATH):
    rows.add("cert-profile-" + name, build, "error", failure, rule, path)


FITS, KNOWN = "cert-profile-fits", "cert-profile-is-known"
bad("unknown", lambda w: request(w, "nobody"), "badRequest", KNOWN)
bad("of-its-beginning", lambda w: request(w, "la"), "badRequest", KNOWN)
bad("longer", lambda w: request(w, "lab2"), "badRequest", KNOWN)
bad("two-for-one", lambda w: request(w, "lab", ""), "badDataFormat", FITS)
bad("no-name", lambda w: request(w), "badDataFormat", FITS)
bad("no-text", lambda w: w.station().ir(general_info=[info(id_it(21), seq(
    octets(b"lab")))]), "badDataFormat", FITS)
bad("no-value", lambda w: w.station().ir(general_info=[info(id_it(21))]),
    "badDataFormat", FITS)
bad("more-than-a-list", lambda w: w.station().ir(general_info=[info(id_it(21),
    utf8("lab"))]), "badDataFormat", FITS)
bad("that-serves-no-cr", lambda w: request(w, "strict", kind="cr", path=LAB),
    "badRequest", "body-is-served", LAB)
bad("that-serves-no-such-vendor", lambda w: request(w, "strict",
    signer=w.credential(w.borealis)), "signerNotTrusted", "signer-has-path")
bad("two-in-p10cr", lambda w: w.station(path=LAB).p10cr(general_info=[wish(
    "lab", "light")]), "badDataFormat", FITS, LAB)
bad("of-a-genm-unknown", lambda w: w.station(path=LAB).genm(19, general_info=[wish(
    "nobody")]), "badRequest", KNOWN, LAB)


@rows.refused("error", "badRequest", KNOWN, LAB)
def two_profiles_in_one_message(w):
    station = w.station(path=LAB)
    return station.several("cr", *(station.cert_req_msg(
        pki.Key(), number=n) for n in range(2)),
        general_info=[wish("lab", "light")])


@rows.refused("error", "badRequest", "body-is-served")
def named_profile_does_not_open_the_path(w):
    """The path's profile judges first: what it does not serve, it does not."""
    return request(w, "lab", kind="cr")


@rows.refused("error", "wrongIntegrity", "protection-is-signature")
def named_profile_does_not_open_the_path_to_macs(w):
    out = request(w, "lab")
    out.fields["protection_alg"], out.protect = cmp.pbm()
    return out


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)


@pytest.mark.parametrize("kind,path,name,names", [
    ("ir", PATH, "lab", ["lab"]), ("ir", PATH, "bs", ["bs"]),
    ("ir", PATH, "bs", [""]), ("cr", LAB, "light", ["light"]),
    ("cr", OLD, "lab", ["lab"]), ("ir", PATH, "fleeting", ["fleeting"])])
def test_served_under_it(world, kind, path, name, names):
    """With all that follows, which names nothing."""
    station = world.station(path=path)
    mark = world.server.mark()
    out = station.request(kind, general_info=[wish(*names)])
    reply = station.obtain(out)
    station.confirm(out, reply)
    for event in ("issued", "confirmed"):
        assert world.server.wait_lines(mark, event)[0]["profile"] == name


def test_in_several(world):
    station = world.station(path=LAB)
    mark = world.server.mark()
    keys = [pki.Key() for _ in range(3)]
    out = station.several("cr", *(station.cert_req_msg(key, number=n)
                                  for n, key in enumerate(keys)),
                          general_info=[wish("", "lab")])
    assert cmp.Reply(station.post(out).body).kind == "cp"
    assert world.server.wait_lines(mark, "issued")[0]["profile"] == "lab"


def test_several_where_the_path_takes_one(world):
    """The path's number of requests is not the named profile's."""
    station = world.station(path=LIGHT)
    mark = world.server.mark()
    keys = [pki.Key() for _ in range(2)]
    out = station.several("cr", *(station.cert_req_msg(key, number=n)
                                  for n, key in enumerate(keys)),
                          general_info=[wish("lab")])
    reply = station.ask(out)
    statuses = [cmp.cert_status(r.cert.hash(), n)
                for n, r in enumerate(reply.responses)]
    assert len(statuses) == 2
    answer = station.ask(station.conf(out, reply, statuses=statuses))
    assert answer.kind == "pkiconf"
    assert world.server.wait_lines(mark, "confirmed")[0]["profile"] == "lab"


def test_implicit_confirmation_is_the_named_profiles(world):
    station = world.station()
    mark = world.server.mark()
    reply = station.ask(station.ir(general_info=[wish("lab"), cmp.info(cmp.IMPLICIT_CONFIRM, der.NULL)]))
    assert cmp.IMPLICIT_CONFIRM in reply.infos
    assert world.server.wait_lines(mark, "issued")[0]["profile"] == "lab"


def test_a_template_of_a_named_profile(world):
    """A genm for certReqTemplate tells what that profile asks for."""
    station = world.station(path=LAB)
    mark = world.server.mark()
    station.ask(station.genm(19, general_info=[wish("few")]))
    assert world.server.wait_lines(mark, "answered")[0]["profile"] == "few"


def test_path_of_later_messages_does_not_matter(world):
    station = world.station()
    out = station.ir(general_info=[wish("lab")])
    reply = station.obtain(out)
    station.path = OLD
    mark = world.server.mark()
    station.confirm(out, reply)
    assert world.server.wait_lines(mark, "confirmed")[0]["profile"] == "lab"


@pytest.mark.parametrize("body", ["ir", "p10cr"])
def test_our_station_names_it(world, station, tmp_path, body):
    """And again in each kur, since it is kept with the settings."""
    path = PATH if body == "ir" else LAB
    program = Program(station, tmp_path / "station", world.credential(),
                      world.server.folder / "root.pem")
    for verb in ("enroll", "renew"):
        mark = world.server.mark()
        program.must(program.enroll(world.server.port, "--profile", "light",
                                    "--request", body, path=path)
                     if verb == "enroll" else program.command("renew"))
        line = world.server.wait_lines(mark, "confirmed")[0]
        assert line["profile"] == "light"


def test_our_station_is_told_that_there_is_none(world, station, tmp_path):
    program = Program(station, tmp_path / "station", world.credential(),
                      world.server.folder / "root.pem")
    done = program.run(program.enroll(world.server.port, "--profile", "nobody"))
    assert done.returncode != 0
    assert "badRequest" in done.stderr and "5.1.1.4" in done.stderr
