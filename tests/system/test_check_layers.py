"""tools/check-layers notices what it is there to notice."""
import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "check-layers"


def check(tmp_path, path, text):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return subprocess.run([TOOL, tmp_path], capture_output=True, text=True)


@pytest.mark.parametrize("path, text", [
    ("asn1/cmp.c", '#include "der/der.h"'),
    ("asn1/cmp.c", '#include "asn1/internal.h"'),
    ("txn/server.c", '#include "profile/rules.h"'),
    ("app/main.c", '#include "web/web.h"\n#include "client/client.h"'),
    ("crypto/keys.c", "#include <openssl/evp.h>"),
    ("net/tls.c", "#include <openssl/ssl.h>"),
    ("store/sqlite.c", "#include <sqlite3.h>"),
    ("client/transport.c", "#include <curl/curl.h>"),
    ("asn1/x_test.c", '#include "crypto/keys.h"\n#include <openssl/x509.h>'),
    ("der/der.c", "#include <stdio.h>\nint f(void) { return snprintf(b, 1); }"),
    ("der/der.c", "/* goto, typedef int x; */\nconst char *s = \"goto\";"),
    ("txn/rules.h", "typedef int on_message(struct txn *t);"),
])
def test_allows(tmp_path, path, text):
    done = check(tmp_path, path, text)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path, text, line", [
    ("der/der.c", '#include "asn1/cmp.h"', 1),
    ("base/buf.c", '#include "der/der.h"', 1),
    ("txn/server.c", '#include "crypto/keys.h"', 1),
    ("txn/server.c", '#include "store/store.h"', 1),
    ("store/mem.c", '#include "service/service.h"', 1),
    ("client/run.c", '#include "service/service.h"', 1),
    ("cli/station.c", '#include "service/service.h"', 1),
    ("cli/server_cert.c", '#include "client/client.h"', 1),
    ("asn1/cmp.c", '\n#include "der/internal.h"', 2),
    ("asn1/cmp.c", '#include "cmp.h"', 1),
    ("asn1/cmp.c", '#include "base/clock.h"', 1),
    ("profile/rules.c", '#include "base/file.h"', 1),
    ("other/x.c", "", 1),
    ("service/handle.c", "#include <openssl/evp.h>", 1),
    ("net/loop.c", "#include <openssl/ssl.h>", 1),
    ("store/mem.c", "#include <sqlite3.h>", 1),
    ("client/run.c", "#include <curl/curl.h>", 1),
    ("service/handle.c", "#include <event2/event.h>", 1),
    ("service/handle.c", "#include <yaml.h>", 1),
    ("config/parse.c", "#include <jansson.h>", 1),
    ("net/loop.c", "#include <pcap/pcap.h>", 1),
    ("der/der.c", "#include <time.h>", 1),
    ("asn1/cmp.c", "#include <sys/stat.h>", 1),
    ("txn/txn.c", "#include <unistd.h>", 1),
    ("txn/txn.c", "\nvoid f(void) { printf(\"x\"); }", 2),
    ("asn1/cmp.c", "void *p = malloc(3);", 1),
    ("net/loop.c", "/* why\n */ goto out;", 2),
    ("net/loop.c", "typedef struct x x_t;", 1),
    ("net/loop.c", "strcpy(a, b);", 1),
])
def test_refuses(tmp_path, path, text, line):
    done = check(tmp_path, path, text)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{tmp_path / path}:{line}: ")
    assert done.stdout.count("\n") == 1
