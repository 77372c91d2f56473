"""HTTP as bytes on a socket, so that it can be right, slow or broken."""
import socket
import ssl
import time

PATH = "/.well-known/cmp"
CMP = "application/pkixcmp"


class Closed(Exception):
    """The server closed the connection and said nothing."""


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def closes(self):
        return self.headers.get("connection", "").lower() == "close"


def request(body=b"", path=PATH, method="POST", media=CMP, version="1.1",
            headers=(), has_length=True):
    lines = [f"{method} {path} HTTP/{version}", "Host: localhost"]
    if media is not None:
        lines.append(f"Content-Type: {media}")
    if has_length:
        lines.append(f"Content-Length: {len(body)}")
    lines += headers
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(body, size=100, **options):
    chunks = [body[i:i + size] for i in range(0, len(body), size)] + [b""]
    head = request(has_length=False,
                   headers=("Transfer-Encoding: chunked",), **options)
    return head + b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks)


class Connection:
    def __init__(self, port, tls=None, seconds=20):
        self.socket = socket.create_connection(("127.0.0.1", port), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket,
                                          server_hostname="localhost")
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered before it closed

    def drip(self, data, seconds):
        """A byte at a time; ends early when the server has answered."""
        self.socket.settimeout(0.01)
        end = time.monotonic() + seconds
        for octet in data:
            if time.monotonic() > end:
                break
            try:
                self.socket.sendall(bytes([octet]))
                self.buffer += self.socket.recv(65536)
            except (socket.timeout, ssl.SSLWantReadError):
                time.sleep(0.02)
            except OSError:
                break
            else:
                break
        self.socket.settimeout(20)

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed
        self.buffer += data

    def receive(self):
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {}
        for line in lines:
            key, _, value = line.partition(":")
            headers[key.strip().lower()] = value.strip()
        while len(self.buffer) < int(headers.get("content-length", 0)):
            self.more()
        size = int(headers.get("content-length", 0))
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        status = int(first.split()[1])
        if status == 100:
            return self.receive()
        return Response(status, headers, body)

    def ask(self, data):
        self.send(data)
        return self.receive()


def tls_context(root_file):
    context = ssl.create_default_context(cafile=str(root_file))
    return context
