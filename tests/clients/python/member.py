"""What the group members in Python share: arguments, the lines that they print (harness/group.py), when to leave.

Arguments: broker, topic, group, then options as NAME=VALUE: id, assignor, session (ms), instance.
"""
import sys
import threading
import time

BROKER, TOPIC, GROUP = sys.argv[1:4]
OPTIONS = {"session": "6000", **dict(option.split("=", 1) for option in sys.argv[4:])}
SESSION_MS = int(OPTIONS["session"])
HEARTBEAT_MS = 500
REBALANCE_MS = max(20_000, SESSION_MS)

leaving = threading.Event()
_lock = threading.Lock()


def say(word: str, *rest):
    """One line, out at once, whichever thread says it."""
    with _lock:
        print(time.time_ns() // 1_000_000, word, *rest, flush=True)


def say_partitions(word: str, partitions):
    """`partitions` as every Python client names them: objects with a `partition`."""
    say(word, ",".join(str(number) for number in sorted(p.partition for p in partitions)) or "-")


def complain(error):
    print(time.time_ns() // 1_000_000, repr(error), file=sys.stderr, flush=True)


def _wait_for_the_end_of_stdin():
    sys.stdin.read()
    leaving.set()


threading.Thread(target=_wait_for_the_end_of_stdin, daemon=True).start()
