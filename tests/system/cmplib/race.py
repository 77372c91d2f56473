"""The same moment, from many threads."""
import random
import threading

from cmplib import http


def at_once(calls, seconds=60):
    """Runs all of them at once; their results in this order."""
    barrier = threading.Barrier(len(calls))
    results = [None] * len(calls)

    def run(i):
        try:
            barrier.wait(seconds)
            results[i] = calls[i]()
        except BaseException as e:
            results[i] = e

    threads = [threading.Thread(target=run, args=(i,), daemon=True)
               for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def post_at_once(messages, ports, path=http.PATH):
    """Sends all of these at the same time, over both ports in turn, on
    connections that stand already; the HTTP responses in their order."""
    connections = [http.Connection(ports[i % len(ports)])
                   for i in range(len(messages))]
    order = random.sample(range(len(messages)), len(messages))
    try:
        got = at_once([lambda c=connections[i], m=http.request(bytes(
            messages[i]), path): c.ask(m) for i in order])
    finally:
        for connection in connections:
            connection.__exit__()
    responses = [None] * len(messages)
    for i, response in zip(order, got):
        responses[i] = response
    return responses
