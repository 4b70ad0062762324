"""Ports of 127.0.0.1: one that is free now, and whether something answers on it."""
import random
import socket
import time


def free_port() -> int:
    """A free port below 32768: above, a client's own outgoing port may take it while the broker is down."""
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 20000 and 32000")


def wait_for(condition, seconds: float, what: str, every: float = 0.05):
    """Polls `condition` until it gives something true, which is returned; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(every)
