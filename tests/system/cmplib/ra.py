"""Registration authorities, as the server's configuration knows them."""
import time

from cmplib import cmp, pki
from cmplib.der import ctx, seq
from cmplib.station import Station

PURPOSE = pki.ext_key_usage(pki.CMC_RA)


class Ras:
    """
    west   is trusted with all, for acme and borealis
    east   asks for stations of acme, and does nothing else
    south  has no id-kp-cmcRA, and is not asked for it; nests and revokes
    north  is any of its PKI with id-kp-cmcRA; nests; its CRL is current
    proof  asks for stations of acme whose own messages it sends along
    fog    the same, but of its PKI there is no CRL where one is asked for
    west, east, south, proof share one anchor.
    """

    def __init__(self):
        self.shared = pki.CA(pki.name(CN="RA Root", O="RAs"))
        self.own = pki.CA(pki.name(CN="North Root", O="North"))
        self.below = pki.CA(pki.name(CN="North CA", O="North"), self.own)
        self.unseen = pki.CA(pki.name(CN="Fog Root", O="Fog"))
        self.nobody = pki.CA(pki.name(CN="Nobody's Root", O="Nobody"))
        self.west = self.issue(self.shared, "west", usage=(
            pki.DIGITAL_SIGNATURE, pki.KEY_AGREEMENT))
        self.east = self.issue(self.shared, "east")
        self.south = self.issue(self.shared, "south", more=())
        self.proof = self.issue(self.shared, "proof")
        self.north = self.issue(self.below, "north")
        self.fog = self.issue(self.unseen, "fog")
        self.revoked = self.issue(self.below, "revoked")

    @staticmethod
    def issue(ca, cn, more=(PURPOSE,), **options):
        return ca.issue(pki.name(CN=f"RA {cn}", O="RAs"), more=more, **options)

    @staticmethod
    def settings():
        return {
            "west": dict(anchors="[ra-root.pem]", certificates="[west.pem]",
                         vendors="[acme, borealis]",
                         may="[nested, approve, ra-verified, request, "
                             "revoke]"),
            "east": dict(anchors="[ra-root.pem]", certificates="[east.pem]",
                         vendors="[acme]", may="[request]"),
            "south": dict(anchors="[ra-root.pem]", certificates="[south.pem]",
                          needs_cmc_ra="false", vendors="[borealis]",
                          may="[nested, revoke]"),
            "north": dict(anchors="[north-root.pem]",
                          crls="[north-root.crl, north.crl]", may="[nested]"),
            "proof": dict(anchors="[ra-root.pem]", certificates="[proof.pem]",
                          vendors="[acme]", needs_original="true",
                          may="[request, ra-verified]"),
            "fog": dict(anchors="[fog-root.pem]", revocation="refuse",
                        may="[nested]"),
        }

    def files(self):
        """Names and texts of what the settings name."""
        certs = {"ra-root": self.shared.cert, "north-root": self.own.cert,
                 "fog-root": self.unseen.cert, "west": self.west.cert,
                 "east": self.east.cert, "south": self.south.cert,
                 "proof": self.proof.cert}
        out = {f"{n}.pem": pki.pem("CERTIFICATE", c) for n, c in certs.items()}
        out["north-root.crl"] = pki.pem("X509 CRL", self.own.crl())
        out["north.crl"] = pki.pem("X509 CRL", self.below.crl(
            self.revoked.read.serial))
        return out


class Ra(Station):
    """One at work: it wraps, bundles, and asks for stations."""

    def nested(self, *messages, signer=None, **header):
        """Of Outgoings or ready bytes, under an ID of its own."""
        signer = signer or self.credential
        return cmp.outgoing("nested", seq(*map(bytes, messages)), signer,
                            [signer.cert, *signer.chain], **header)

    def added(self, out, **header):
        """Added protection: transactionID and senderNonce are copied."""
        header = {"transaction_id": out.fields["transaction_id"],
                  "sender_nonce": out.fields["sender_nonce"], **header}
        return self.nested(out, **header)

    def ask_added(self, out, **header):
        """The reply to the message inside, which is the station's."""
        response = self.post(self.added(out, **header))
        assert response.status == 200, response.body
        reply = cmp.Reply(response.body)
        reply.check(out, self.server.root, None if reply.extra_certs
                    else self.server.cmp_signer)
        return reply

    def forwarded(self, out, *, subject=None, key=None, messages=None,
                  **options):
        """A station's ir, made one of the RA's own, which brings it along."""
        messages = [bytes(out)] if messages is None else messages
        options.setdefault("popo", cmp.RA_VERIFIED)
        options.setdefault("transaction_id", out.fields["transaction_id"])
        options.setdefault("sender_nonce", out.fields["sender_nonce"])
        return self.ir(key or out.key, subject=subject or out.signer.subject,
                       general_info=[cmp.info(cmp.id_it(15), seq(*messages))],
                       **options)

    def ask_batch(self, *messages, nested=None):
        """The replies inside, each checked against its request."""
        nested = nested or self.nested(*messages)
        reply = self.ask(nested)
        assert reply.kind == "nested", reply.failures
        replies = [cmp.Reply(m.der) for m in reply.content]
        assert len(replies) == len(messages)
        for out, one in zip(messages, replies):
            if isinstance(out, cmp.Outgoing):
                one.check(out, self.server.root, None if one.extra_certs
                          else self.server.cmp_signer)
        return replies



def late(days):
    """Dates of a certificate that ended so long ago."""
    end = int(time.time()) - days * pki.DAY
    return dict(not_before=end - pki.YEAR, not_after=end)


def sender(credential):
    return ctx(4, credential.subject)
