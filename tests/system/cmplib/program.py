"""The station's program, in a folder of its own."""
import json
import re
import subprocess

from cmplib import http, pki

# What a station says of an answer: under which clause and rule.
ABOUT_ANSWER = re.compile(r"no answer in time|refused in |; asked: ")
NAMED = re.compile(r"\((RFC|TS) [^;]+; [a-z0-9-]+\)$", re.MULTILINE)


def check_rule(stderr):
    assert not ABOUT_ANSWER.search(stderr) or NAMED.search(stderr), stderr


class Program:
    """`station`, as a base station of this credential."""

    def __init__(self, program, folder, credential, root):
        folder.mkdir()
        self.program, self.folder, self.root = program, folder, root
        self.state = folder / "state"
        (folder / "vendor.pem").write_text(
            pki.pem("CERTIFICATE", credential.cert))
        (folder / "vendor.key").write_bytes(credential.key.pem())
        (folder / "vendor.key").chmod(0o600)
        (folder / "chain.pem").write_text("".join(
            pki.pem("CERTIFICATE", c) for c in credential.chain))

    def enroll(self, port, *more, scheme="http", path=http.PATH, pinned=True):
        """The command."""
        trust = (["--root", self.root] if pinned else ["--trust", "learn"])
        host = "localhost" if scheme == "https" else "127.0.0.1"
        return self.command(
            "enroll", "--url", f"{scheme}://{host}:{port}{path}", "--cert",
            self.folder / "vendor.pem", "--key", self.folder / "vendor.key",
            "--chain", self.folder / "chain.pem", *trust, *more)

    def command(self, verb, *more):
        return [str(part) for part in (self.program, verb, "--state",
                                       self.state, *more)]

    def run(self, command, seconds=60):
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=seconds)
        check_rule(done.stderr)
        return done

    def must(self, command):
        done = self.run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self):
        return json.loads(self.must(self.command("status", "--json")))

    def current(self, name):
        return self.state / "current" / name

    def cert(self):
        """The usable certificate, or None."""
        file = self.current("certificate.pem")
        if not file.exists():
            return None
        return pki.Cert(pki.from_pem(file.read_text()))

    def check_pair(self):
        """The usable pair: its key is the certificate's, and OpenSSL takes
        the path to the root that lies beside it."""
        def openssl(*args):
            done = self.run(["openssl", *map(str, args)])
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout
        cert = self.current("certificate.pem")
        assert openssl("pkey", "-in", self.current("key.pem"), "-pubout") == \
            openssl("x509", "-in", cert, "-noout", "-pubkey")
        openssl("verify", "-x509_strict", "-CAfile", self.root, "-untrusted",
                self.current("chain.pem"), cert)
        assert self.current("key.pem").stat().st_mode & 0o777 == 0o600
        assert self.current("root.pem").read_text().strip() == \
            self.root.read_text().strip()
