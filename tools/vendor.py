"""A vendor of base stations for trials, made with the openssl command."""
import subprocess

CONFIG = """
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[req]
distinguished_name = dn
[dn]
"""


class Failed(Exception):
    """What openssl said."""


def openssl(folder, *args):
    """Runs an openssl command there; returns what it printed."""
    done = subprocess.run(["openssl", *map(str, args)], cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    if done.returncode != 0:
        raise Failed(f"openssl {args[0]}: {done.stderr.strip()}")
    return done.stdout


def certify(folder, name, subject, section, issuer=None):
    """Makes NAME.key and NAME.pem there; self-signed without an issuer, which
    is the name of another one."""
    (folder / "x509.cnf").write_text(CONFIG)
    openssl(folder, "req", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.csr", "-subj", subject, "-config", "x509.cnf")
    sign = ["-signkey", f"{name}.key"] if issuer is None else \
        ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"]
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-out",
            f"{name}.pem", "-days", "365", "-sha256", "-extfile", "x509.cnf",
            "-extensions", section, *sign)
    (folder / f"{name}.csr").unlink()


def make(folder):
    """vendor-root and vendor-ca below it."""
    folder.mkdir(parents=True, exist_ok=True)
    certify(folder, "vendor-root", "/O=Vendor/CN=Vendor Root CA", "root")
    certify(folder, "vendor-ca", "/O=Vendor/CN=Vendor Device CA", "ca",
            "vendor-root")
