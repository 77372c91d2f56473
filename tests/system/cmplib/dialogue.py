"""A whole exchange made here, both sides of it: right, until a part is
changed before it is written. Then what lint says of it."""
import json
import os
import struct
import subprocess
import time

from cmplib import cmp, pki
from cmplib.capture import RAW_IPV4, Flow
from cmplib.der import NULL, ctx, generalized_time, integer, seq
from cmplib.station import Station

WAIT = 600


class Operator:
    """A root, a CA below it, and who signs its answers."""

    def __init__(self):
        self.root = pki.CA(pki.name(CN="Root", O="Operator"))
        self.issuing = pki.CA(pki.name(CN="Issuing", O="Operator"), self.root)
        self.signer = self.issuing.issue(
            pki.name(CN="RA", O="Operator"),
            more=[pki.ext_key_usage(pki.CMC_RA)])
        self.extra = [self.signer.cert, self.issuing.cert, self.root.cert]

    def issue(self, key, subject=None, **options):
        return self.issuing.issue(
            subject or pki.name(CN="bs1.acme", O="Operator"), key, **options)


def response(cert, number=0, status=0, fail_info=b"", texts=b"", pair=None):
    """CertResponse; None for `cert` brings none."""
    if pair is None:
        pair = seq(ctx(0, cert)) if cert else b""
    return seq(integer(number), seq(integer(status), texts, fail_info), pair)


def cert_rep(*responses, ca_pubs=()):
    return seq(*([ctx(1, seq(*ca_pubs))] if ca_pubs else []), seq(*responses))


class Dialogue:
    """ir, ip, certConf, pkiconf, or what `kind` gets. Each message is a
    cmp.Outgoing; `parts` has them by name, `order` says which and when."""

    def __init__(self, operator, vendor, kind="ir", suggests=False,
                 **request):
        self.operator, self.vendor = operator, vendor
        holder = vendor.station("BS-1")
        if kind == "kur":
            holder = operator.issue(None)
            holder.chain = [operator.issuing.cert]
        self.station = Station(None, holder)
        if suggests:
            request["subject"] = holder.subject
        self.ask = self.station.request(kind, **request)
        self.key = self.ask.key
        self.cert_options = {}
        if kind == "kur":
            self.cert_options["subject"] = holder.subject
        self.answer_kind = {"ir": "ip", "cr": "cp", "kur": "kup"}[kind]
        self.ca_pubs = []
        self.responses = None
        self.make()

    def make(self):
        """The rest of it, after the request or the certificate changed."""
        op = self.operator
        self.cert = op.issue(self.key, **self.cert_options).cert
        self.answer = self.reply(self.answer_kind, self.content(), self.ask,
                                 op.extra,
                                 general_info=[self.wait_time(WAIT)])
        self.conf = self.follow("certConf", seq(cmp.cert_status(
            pki.Cert(self.cert).hash())), self.answer)
        self.done = self.reply("pkiconf", NULL, self.conf)
        self.messages = [self.ask, self.answer, self.conf, self.done]
        self.times = [0, 0.1, 1, 1.1]

    def content(self):
        return cert_rep(*(self.responses or [response(self.cert)]),
                        ca_pubs=self.ca_pubs)

    def again(self):
        """The answer's body anew."""
        self.answer.content = self.content()

    def wait_time(self, seconds):
        return cmp.info(cmp.CONFIRM_WAIT_TIME,
                        generalized_time(int(time.time()) + seconds))

    def reply(self, kind, content, asked, extra=(), signer=None, **fields):
        fields = {"transaction_id": asked.transaction_id,
                  "recip_nonce": asked.fields["sender_nonce"],
                  "recipient": asked.fields["sender"],
                  "pvno": asked.fields["pvno"], **fields}
        return cmp.outgoing(kind, content, signer or self.operator.signer,
                            extra, **fields)

    def follow(self, kind, content, answer, signer=None, **fields):
        fields = {"transaction_id": answer.transaction_id,
                  "recip_nonce": answer.fields["sender_nonce"],
                  "pvno": self.ask.fields["pvno"], **fields}
        return cmp.outgoing(kind, content, signer or self.ask.signer, (),
                            **fields)

    def write_capture(self, file):
        """Each request with its answer a connection of its own."""
        start = time.time()
        with open(file, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                                  RAW_IPV4))
            now = [start]

            def write(packet):
                micros = int(now[0] * 1000000)
                out.write(struct.pack("<IIII", micros // 1000000,
                                      micros % 1000000, len(packet),
                                      len(packet)) + packet)
            flow = None
            for i, (message, at) in enumerate(zip(self.messages, self.times)):
                now[0] = start + at
                data = bytes(message)
                head = (f"Content-Type: application/pkixcmp\r\n"
                        f"Content-Length: {len(data)}\r\n\r\n").encode()
                if i % 2 == 0:
                    flow = Flow(write, 40000 + i, 80)
                    flow.say(0, b"POST /.well-known/cmp HTTP/1.1\r\n"
                                b"Host: ra.example\r\n" + head + data)
                else:
                    flow.say(1, b"HTTP/1.1 200 OK\r\n" + head + data)
                    flow.end()


class Linter:
    """`stationmaster lint`, with these two trusted."""

    def __init__(self, stationmaster, folder, operator_root, vendor_root):
        self.stationmaster = stationmaster
        self.folder = folder
        for name, der in (("operator", operator_root), ("vendor", vendor_root)):
            (folder / f"{name}.pem").write_text(pki.pem("CERTIFICATE", der))

    def file(self, path, profile="3gpp-bs", *options):
        """Its reports, as JSON has them, and how it ended."""
        run = subprocess.run(
            [self.stationmaster, "lint", path, "--json", "--profile", profile,
             "--trust-operator", self.folder / "operator.pem",
             "--trust-vendor", self.folder / "vendor.pem", *options],
            capture_output=True, text=True, timeout=60)
        assert run.returncode in (0, 7, 8), run.stderr
        return json.loads(run.stdout), run.returncode

    def messages(self, messages, profile="3gpp-bs", *options):
        file = self.folder / f"{os.urandom(8).hex()}.der"
        file.write_bytes(b"".join(bytes(m) for m in messages))
        return self.file(file, profile, *options)

    def capture(self, dialogue, profile="3gpp-bs", *options):
        file = self.folder / f"{os.urandom(8).hex()}.pcap"
        dialogue.write_capture(file)
        return self.file(file, profile, *options)
