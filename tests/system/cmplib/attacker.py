"""Somebody between a base station and its operator: what he can do to the
messages, and an operator of his own making."""
import http.client
import http.server
import ssl
import threading

from cmplib import cmp, pki
from cmplib.der import NULL, ctx, integer, read, seq
from cmplib.http import CMP


class Parts:
    """A PKIMessage as parts that can be changed one by one."""

    def __init__(self, data):
        self.head, self.content, *rest = (n.der for n in read(data))
        self.rest = {n[0]: n for n in rest}

    @property
    def extra(self):
        node = self.rest.get(0xa1)
        return [c.der for c in read(node)[0]] if node else []

    @extra.setter
    def extra(self, certs):
        self.rest.pop(0xa1, None)
        if certs:
            self.rest[0xa1] = ctx(1, seq(*certs))

    @property
    def ca_pubs(self):
        found = read(self.content)[0].find(0xa1)
        return [c.der for c in found[0]] if found else []

    @ca_pubs.setter
    def ca_pubs(self, certs):
        responses = read(self.content)[0].find(0x30).der
        self.content = bytes([self.content[0]]) + ctx(0, seq(
            *([ctx(1, seq(*certs))] if certs else []), responses))[1:]

    def __bytes__(self):
        return seq(self.head, self.content,
                   *(self.rest[tag] for tag in sorted(self.rest)))


def kind_of(data):
    return cmp.BODIES[read(data)[1].tag & 0x1f]


class Proxy:
    """
    Serves one address: `change(request, reply)` gives what goes back, bytes
    or (status, headers). `upstream` is a port that speaks HTTP; `tls` the
    files of certificate and key; without them it speaks HTTP.
    """

    def __init__(self, upstream, change=None, tls=None):
        self.upstream = upstream
        self.change = change or (lambda request, reply: reply)
        self.seen = []  # what was asked, and what came back from upstream
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                size = int(self.headers.get("Content-Length", 0))
                outer.answer(self, self.rfile.read(size))

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that hangs up is what is tested

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, tls))
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       args=(0.02,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def ask(self, path, request):
        if self.upstream is None:
            return b""
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream,
                                                timeout=20)
        try:
            connection.request("POST", path, request, {"Content-Type": CMP})
            return connection.getresponse().read()
        finally:
            connection.close()

    def answer(self, handler, request):
        reply = self.ask(handler.path, request)
        self.seen.append((request, reply))
        made = self.change(request, reply)
        status, headers, body = (200, {"Content-Type": CMP}, made)
        if not isinstance(made, bytes):
            (status, headers), body = made, b""
        handler.send_response(status)
        for key, value in headers.items():
            handler.send_header(key, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def replies(self, *kinds):
        return [reply for _, reply in self.seen
                if reply and kind_of(reply) in kinds]


class Forger:
    """An operator without scruples: its names are the real one's, and it
    grants whatever is asked, a kur of the real one's station too."""

    def __init__(self, names):
        """`names`: certificates of the real root, issuing CA and signer."""
        root, issuing, signer = (cert.subject for cert in names)
        self.root = pki.CA(root)
        self.issuing = pki.CA(issuing, self.root)
        self.signer = self.issuing.issue(
            signer, more=[pki.ext_key_usage(pki.CMC_RA)])
        self.more = [pki.CA(pki.name(CN=f"Forged {n}")).cert for n in range(2)]

    def __call__(self, request, _reply):
        asked = cmp.Reply(request)
        known = dict(transaction_id=asked.transaction_id,
                     recip_nonce=asked.sender_nonce,
                     recipient=asked.sender.der)
        extra = [self.signer.cert, self.issuing.cert, self.root.cert,
                 self.more[1]]
        if asked.kind == "certConf":
            return bytes(cmp.outgoing("pkiconf", NULL, self.signer, **known))
        template = asked.content[0][0][1]
        key = read(seq(template.find(0xa6).content))
        subject = template.find(0xa5)
        # None under a shared secret, whose request has a subject.
        old = next(iter(asked.extra_certs), None)
        san = old.extensions.get("2.5.29.17") if asked.kind == "kur" else None
        cert = pki.certificate(
            self.issuing.subject, self.issuing.key,
            subject[0].der if subject else old.subject, key.der,
            [pki.key_usage(pki.DIGITAL_SIGNATURE),
             pki.authority_key_id(self.issuing.key.spki),
             *([pki.extension("2.5.29.17", san)] if san else [])])
        content = seq(ctx(1, seq(self.more[0])),
                      seq(seq(integer(0), seq(integer(0)),
                              seq(ctx(0, cert)))))
        return bytes(cmp.outgoing("kup" if asked.kind == "kur" else "ip",
                                  content, self.signer, extra, **known))
