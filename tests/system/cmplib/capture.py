"""What two ends say to each other over TCP, as a capture file: kept by a relay
between them, since capturing on an interface needs privileges."""
import socket
import struct
import threading
import time

RAW_IPV4 = 228
FIN, SYN, PSH, ACK = 1, 2, 8, 16
SEGMENT = 1400
CLIENT_PORT = 40000


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Flow:
    """A TCP connection written as packets."""

    def __init__(self, write, client_port, server_port):
        self.write = write
        self.ports = client_port, server_port
        self.seq = [1000, 5000]  # next of the client, and of the server
        self.packet(0, SYN)
        self.packet(1, SYN | ACK)
        self.packet(0, ACK)

    def packet(self, side, flags, data=b""):
        source, target = self.ports[side], self.ports[1 - side]
        address = socket.inet_aton("127.0.0.1")
        head = struct.pack("!HHIIBBHHH", source, target, self.seq[side],
                           self.seq[1 - side] if flags & ACK else 0,
                           5 << 4, flags, 65535, 0, 0)
        pseudo = address + address + struct.pack("!BBH", 0, 6,
                                                 len(head) + len(data))
        tcp = (head[:16] + struct.pack("!H", checksum(pseudo + head + data)) +
               head[18:] + data)
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6,
                         0) + address + address
        self.write(ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp)
        self.seq[side] += len(data) + bool(flags & (SYN | FIN))

    def say(self, side, data):
        for i in range(0, len(data), SEGMENT):
            self.packet(side, PSH | ACK, data[i:i + SEGMENT])
            self.packet(1 - side, ACK)

    def end(self):
        self.packet(0, FIN | ACK)
        self.packet(1, FIN | ACK)
        self.packet(0, ACK)


class Relay:
    """Listens on `port`, passes on to `target`, and writes `file`."""

    def __init__(self, port, target, file):
        self.target = target
        self.port = port
        self.lock = threading.Lock()
        self.num = 0
        self.file = open(file, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                                    RAW_IPV4))
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, daemon=True).start()

    def write(self, packet):
        micros = time.time_ns() // 1000
        self.file.write(struct.pack("<IIII", micros // 1000000,
                                    micros % 1000000, len(packet),
                                    len(packet)) + packet)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            with self.lock:
                self.num += 1
                flow = Flow(self.write, CLIENT_PORT + self.num, self.port)
            ends = [threading.Thread(target=self.pass_on, daemon=True, args=(
                flow, side, a, b)) for side, a, b in
                ((0, client, server), (1, server, client))]
            for end in ends:
                end.start()

    def pass_on(self, flow, side, source, target):
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            with self.lock:
                if self.file.closed:
                    return
                if not data and side == 0:
                    flow.end()
                flow.say(side, data)
            try:
                target.sendall(data)
                if not data:
                    target.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            if not data:
                return

    def close(self):
        if self.file.closed:
            return
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            self.file.close()
