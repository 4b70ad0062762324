"""Where things are: the project, and the cache into which `tests/run` fetches the clients."""
import os
import pathlib

CLIENTS = pathlib.Path(__file__).resolve().parent.parent
PROJECT = CLIENTS.parent.parent
CACHE = pathlib.Path(os.environ.get("LOGBOAT_TESTS_CACHE", PROJECT / "tests" / ".cache"))
LOGBOAT = pathlib.Path(os.environ.get("LOGBOAT_BIN", PROJECT / "target" / "release" / "logboat")).resolve()

OLDEST_KAFKA = "2.5.0"
NEWEST_KAFKA = "4.3.1"


def kafka_home(version: str) -> pathlib.Path:
    """A directory with `bin/kafka-*.sh` and `lib/*.jar` of one Kafka release, made by `clients/setup.sh`."""
    return CACHE / f"kafka-{version}"
