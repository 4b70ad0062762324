"""K2, K3, K4 of USERS: Logboat started as Kafka is, with Kafka's own server.properties. Logboat only."""
import pathlib
import signal
import subprocess

import pytest

from harness import paths
from harness.kcat import kcat, read_all
from harness.net import free_port, wait_for
from harness.wire import Wire

CONFIG = paths.CLIENTS / "config"


class Server:
    """`logboat` with exactly these arguments; `address` is where its listener was told to be."""

    def __init__(self, directory: pathlib.Path, *arguments: str, port: int, environment: dict | None = None):
        self.address = f"127.0.0.1:{port}"
        self.log = directory / "logboat.log"
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                [str(paths.LOGBOAT), *arguments], stdout=out, stderr=subprocess.STDOUT, cwd=directory, env=environment
            )
        wait_for(self._answers, 10, f"logboat {arguments}")

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"ended: {self.text()}"
        try:
            with Wire(self.address, timeout=2) as wire:
                return bool(wire.api_versions())
        except (OSError, EOFError):
            return False

    def text(self) -> str:
        return self.log.read_text()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture(autouse=True)
def only_logboat(kind):
    if kind != "logboat":
        pytest.skip("Logboat's own command line")


@pytest.fixture
def serve(tmp_path):
    servers = []

    def start(*arguments, **more):
        servers.append(Server(tmp_path, *arguments, **more))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def refused(*arguments: str, cwd: pathlib.Path) -> str:
    done = subprocess.run([str(paths.LOGBOAT), *arguments], capture_output=True, text=True, timeout=20, cwd=cwd)
    assert done.returncode != 0
    return done.stdout + done.stderr


@pytest.mark.parametrize("version", [paths.OLDEST_KAFKA, paths.NEWEST_KAFKA])
def test_k2_k4_kafkas_own_server_properties(serve, tmp_path, topic, version):
    """K2, K4: an unmodified server.properties starts it, its lines are on stdout, SIGTERM ends it cleanly."""
    port = free_port()
    file = str(CONFIG / f"server-{version}.properties")
    # Only where it listens and keeps its data is this test's own.
    listeners = f"PLAINTEXT://127.0.0.1:{port}"
    overrides = ["--override", f"log.dirs={tmp_path / 'data'}"]
    if version == paths.NEWEST_KAFKA:
        overrides += ["--override", f"advertised.listeners={listeners}"]
        listeners += ",CONTROLLER://127.0.0.1:9093"
    overrides += ["--override", f"listeners={listeners}"]
    server = serve(file, *overrides, port=port)
    assert str(port) in server.text() and str(tmp_path / "data") in server.text()
    kcat(server, "-P", "-t", topic, stdin=b"kept\n")
    assert server.stop() == 0
    again = serve(file, *overrides, port=port)
    assert [r["payload"] for r in read_all(again, topic)] == ["kept"]


def test_k3_advertised_listeners(serve, tmp_path):
    """K3: Metadata names the advertised address, not the bound one."""
    port = free_port()
    server = serve(
        "--port", str(port), "--data-dir", str(tmp_path / "data"),
        "--override", "advertised.listeners=PLAINTEXT://boat.example:9092", port=port,
    )  # fmt: skip
    with Wire(server.address) as wire:
        assert wire.brokers() == [(0, "boat.example", 9092)]


def test_memory_keeps_nothing(serve, topic):
    port = free_port()
    server = serve("--memory", "--port", str(port), port=port)
    kcat(server, "-P", "-t", topic, stdin=b"gone\n")
    assert [r["payload"] for r in read_all(server, topic)] == ["gone"]
    server.stop()
    again = serve("--memory", "--port", str(port), port=port)
    assert topic.encode() not in kcat(again, "-L")


def test_a_second_process_is_refused(serve, tmp_path):
    port = free_port()
    data = str(tmp_path / "data")
    serve("--port", str(port), "--data-dir", data, port=port)
    assert data in refused("--port", str(free_port()), "--data-dir", data, cwd=tmp_path)


@pytest.mark.parametrize(
    "override,said",
    [
        ("log.retention.hour=1", "log.retention.hours"),
        ("num.partitions=many", "many"),
        ("authorizer.class.name=kafka.security.authorizer.AclAuthorizer", "authorizer.class.name"),
        ("listeners=SSL://127.0.0.1:9093", "SSL"),
    ],
)
def test_a_bad_key_stops_the_start(tmp_path, override, said):
    lines = refused("--data-dir", str(tmp_path / "data"), "--override", override, cwd=tmp_path)
    assert said in lines and override.split("=")[0] in lines
