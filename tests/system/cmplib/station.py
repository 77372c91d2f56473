"""A base station that does all of it right, unless told otherwise."""
from cmplib import cmp, der, http, pki
from cmplib.linted import Said
from cmplib.der import ctx, integer, read, seq


class Refused(Exception):
    def __init__(self, reply):
        self.reply = reply
        super().__init__(f"{reply.kind} {reply.status.failures} "
                         f"{reply.status.texts}")


class Station:
    """One that holds a credential: its vendor's, or its operator's."""

    def __init__(self, server, credential, path=http.PATH, tls=None):
        self.server = server
        self.credential = credential
        self.path = path
        self.tls = tls
        self.signer = None

    def post(self, data, path=None):
        """The HTTP response to these bytes."""
        port = self.server.tls_port if self.tls else self.server.port
        with http.Connection(port, self.tls) as connection:
            answer = connection.ask(http.request(bytes(data),
                                                 path or self.path))
        self.server.said.append(Said(bytes(data), path or self.path, answer))
        return answer

    def ask(self, out):
        """The reply, which is believed."""
        response = self.post(out)
        assert response.status == 200, response.body
        assert response.headers["content-type"] == http.CMP
        reply = cmp.Reply(response.body)
        reply.check(out, self.server.root, None if reply.extra_certs
                    else self.server.cmp_signer)
        return reply

    # --- requests ---

    def request(self, kind, key=None, *, subject=None, extensions=(),
                popo=None, popo_key=None, popo_alg=None, number=0,
                controls=(), fields=None, signer=None, **header):
        """ir, cr or kur. `fields` overrides the template's; `popo` is a
        ready ProofOfPossession, or a function from CertRequest to one."""
        key = key or pki.Key()
        msg = self.cert_req_msg(
            key, subject=subject, extensions=extensions, popo=popo,
            popo_key=popo_key, popo_alg=popo_alg, number=number,
            controls=controls, fields=fields, signer=signer)
        return self.outgoing(kind, seq(msg), key, signer, **header)

    def several(self, kind, *msgs, **header):
        """A message of ready CertReqMsgs."""
        return self.outgoing(kind, seq(*msgs), None, None, **header)

    def outgoing(self, kind, content, key, signer, **header):
        signer = signer or self.credential
        out = cmp.outgoing(kind, content, signer, [signer.cert, *signer.chain],
                           **header)
        out.key = key
        return out

    def cert_req_msg(self, key, *, subject=None, extensions=(), popo=None,
                     popo_key=None, popo_alg=None, number=0, controls=(),
                     fields=None, signer=None):
        signer = signer or self.credential
        content = dict(subject=subject, public_key=read(key.spki).content)
        if extensions:
            content["extensions"] = b"".join(extensions)
        content.update(fields or {})
        cert_req = cmp.cert_request(cmp.template(**content), number, controls)
        if popo is None and content["subject"] is None:
            popo = cmp.popo_input(popo_key or key,
                                  ctx(4, signer.subject), popo_alg,
                                  spki=key.spki)
        elif popo is None:
            popo = cmp.popo_signature(popo_key or key, cert_req, popo_alg)
        elif callable(popo):
            popo = popo(cert_req)
        return seq(cert_req, popo)

    def p10cr(self, key=None, *, subject=der.NULL_DN, extensions=(),
              attributes=(), version=0, signing_key=None, **header):
        """A PKCS #10 request, signed with `signing_key` instead of its own."""
        key = key or pki.Key()
        attributes = list(attributes)
        if extensions:
            attributes.append(seq(der.oid("1.2.840.113549.1.9.14"),
                                  der.set_of(seq(*extensions))))
        info = seq(der.integer(version), subject, key.spki,
                   der.retag(der.set_of(*attributes), 0xa0))
        signer = signing_key or key
        request = seq(info, pki.SIGNATURES[signer.default][2],
                      der.bits(signer.sign(info)))
        return self.outgoing("p10cr", request, key, None, **header)

    def ir(self, key=None, **options):
        return self.request("ir", key, **options)

    def kur(self, key=None, **options):
        options.setdefault("subject", self.credential.subject)
        return self.request("kur", key, **options)

    def conf(self, out, reply, *, status=None, cert_hash=None, number=0,
             statuses=None, signer=None, hash_alg=None, **header):
        """certConf for what `reply` brought to `out`."""
        if statuses is None:
            statuses = [cmp.cert_status(cert_hash or reply.cert.hash(),
                                        number, status, hash_alg)]
        header = {"transaction_id": out.transaction_id,
                  "recip_nonce": reply.sender_nonce,
                  "pvno": out.fields["pvno"], **header}
        return cmp.outgoing("certConf", seq(*statuses),
                            signer or out.signer, **header)

    def poll(self, out, reply, *, numbers=(0,), signer=None, **header):
        """pollReq after `reply`, the last one in the transaction of `out`."""
        header = {"transaction_id": out.transaction_id,
                  "recip_nonce": reply.sender_nonce,
                  "pvno": out.fields["pvno"], **header}
        return cmp.outgoing("pollReq",
                            seq(*(seq(integer(n)) for n in numbers)),
                            signer or out.signer, **header)

    def rr(self, cert=None, *, reason="unspecified", entry=None, details=None,
           signer=None, fields=None, **header):
        """For `cert`, or its own; `details` are ready RevDetails."""
        signer = signer or self.credential
        cert = cert or signer.read
        if entry is None:
            entry = [cmp.reason_code(reason)] if reason is not None else []
        if details is None:
            details = [cmp.rev_details(cert.issuer, cert.serial, entry,
                                       **(fields or {}))]
        return cmp.outgoing("rr", seq(*details), signer,
                            [signer.cert, *signer.chain], **header)

    def genm(self, *infos, signer=None, **header):
        """infos are numbers of id-it, or ready InfoTypeAndValues."""
        signer = signer or self.credential
        return cmp.outgoing(
            "genm", seq(*(cmp.info(cmp.id_it(i)) if isinstance(i, int) else i
                          for i in infos)), signer,
            [signer.cert, *signer.chain], **header)

    # --- whole transactions ---

    def learn(self, *infos, **options):
        """genm and genp: what is told, by infoType."""
        reply = self.ask(self.genm(*infos, **options))
        if reply.kind != "genp":
            raise Refused(reply)
        return reply.told

    def revoke(self, cert=None, **options):
        """rr and rp; nothing is refused."""
        reply = self.ask(self.rr(cert, **options))
        if reply.kind != "rp" or reply.failures:
            raise Refused(reply)
        assert [s.status for s in reply.statuses] == ["accepted"]
        return reply

    def obtain(self, out):
        """Sends a request; the reply must bring a certificate."""
        reply = self.ask(out)
        if reply.cert is None:
            raise Refused(reply)
        assert len(reply.responses) == 1
        assert reply.cert.spki == out.key.spki
        assert reply.cert_req_id == 0
        assert not reply.failures
        reply.path(reply.cert, self.server.root)
        return reply

    def confirm(self, out, reply, **options):
        answer = self.ask(self.conf(out, reply, **options))
        assert answer.kind == "pkiconf", answer.failures
        assert not answer.extra_certs
        return answer

    def enroll(self, out=None):
        """ir, ip, certConf, pkiconf; the new credential's station."""
        out = out or self.ir()
        reply = self.obtain(out)
        if cmp.IMPLICIT_CONFIRM not in reply.infos:
            self.confirm(out, reply)
        return self.holding(out, reply)

    def renew(self, out=None):
        return self.enroll(out or self.kur())

    def holding(self, out, reply):
        chain = [c.der for c in
                 reply.path(reply.cert, self.server.root)[1:-1]]
        holder = Station(self.server,
                         pki.Credential(reply.cert.der, out.key, chain),
                         self.path, self.tls)
        holder.transaction = (out, reply)
        return holder

    @property
    def cert(self):
        return self.credential.read
