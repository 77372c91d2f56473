"""Who holds an operator's CMP key and tells whatever he is told to tell."""
from cmplib import cmp, pki
from cmplib.attacker import Proxy


def operator_signer(server):
    """The credential the server's answers are signed with."""
    return pki.Credential(server.cmp_signer.der,
                          pki.Key.load(server.folder / "cmp.key"),
                          [server.issuing.der])


class Liar(Proxy):
    """
    Answers by `lines`, one after the other and the last one again: each a
    function from the request, a cmp.Reply, to (body, content, changes);
    `changes` are fields of the header, `signer`, `extra`, and others of
    cmp.Outgoing.
    """

    def __init__(self, signer, *lines):
        self.signer, self.lines, self.asked = signer, list(lines), []
        super().__init__(None, lambda request, _: self.answer_to(request))

    def answer_to(self, request):
        asked = cmp.Reply(request)
        self.asked.append(asked)
        line = self.lines[0] if len(self.lines) == 1 else self.lines.pop(0)
        kind, content, changes = line(asked)
        changes = dict(changes)
        signer = changes.pop("signer", self.signer)
        extra = changes.pop("extra", [])
        own = {k: changes.pop(k) for k in ("is_protected", "protect")
               if k in changes}
        fields = dict(transaction_id=asked.transaction_id,
                      recip_nonce=asked.sender_nonce,
                      recipient=asked.sender.der)
        out = cmp.outgoing(kind, content, signer,
                           [signer.cert, *signer.chain, *extra],
                           **{**fields, **changes})
        for key, value in own.items():
            setattr(out, key, value)
        return bytes(out)
