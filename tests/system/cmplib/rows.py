"""Rows of refusals: each a message, and all that its refusal has to be."""
import re

import pytest

from cmplib import cmp, http, linted
from cmplib.station import Station


class Rows:
    def __init__(self):
        self.params = []

    def add(self, name, build, body, failure, rule, path=None):
        """`build` makes the message from the world, after all it needs."""
        self.params.append(pytest.param(build, body, failure, rule, path,
                                        id=name))

    def refused(self, body, failure, rule, path=None):
        """The same for a function, whose name it gets."""
        def add(build):
            self.add(build.__name__.replace("_", "-"), build, body, failure,
                     rule, path)
            return build
        return add


def check_refused(world, build, body, failure, rule, path):
    """The reply's protection, body and failInfo; the line of the log; and
    that no row of the store is another one than before."""
    server = world.server
    began = len(server.said)
    out = build(world)
    server.wait_crl()
    before = server.tables()
    mark = server.mark()
    response = Station(server, None, path or http.PATH).post(out)
    assert response.status == 200, response.body
    assert response.headers["content-type"] == http.CMP
    reply = cmp.Reply(response.body)
    # Of a message inside another the answer is its own.
    reply.check(getattr(out, "answered_as", out), server.root)
    line = server.wait_lines(mark, "refused")[0]
    assert (reply.kind, reply.failures,
            line.get("rule")) == (body, {failure}, rule), line
    assert reply.status.status == "rejection"
    assert reply.cert is None
    assert line["fail_info"] == failure
    assert line["clause"].startswith(("RFC ", "TS 33.310"))
    assert server.tables() == before
    check_told(server, began, out, path, line)


def check_told(server, began, out, path, line):
    """That the tools tell it as the server's log does: replay at once, lint
    at the end of the module, with what was said since `began`."""
    check_replayed(server, out, path, line)
    linted.keep(server, began, out, path, line["rule"])


def without_drift(text):
    """The server looked at its clock before it wrote the line."""
    return re.sub(r"-?\d+ seconds from", "seconds from", text)


def check_replayed(server, out, path, line):
    """That the same message is judged the same beside the server."""
    code, told = server.replay(out, "--answers", "--path", path or http.PATH,
                               "--at", line["time"][:19] + "Z")
    found = told["messages"][-1]
    found["text"] = without_drift(found["text"])
    assert code == 8
    assert ({key: found.get(key) for key in
             ("end", "body", "fail_info", "rule", "clause", "text")} ==
            {"end": "refused", "body": line.get("body"),
             "fail_info": line["fail_info"], "rule": line["rule"],
             "clause": line["clause"],
             "text": without_drift(line["text"])}), found
