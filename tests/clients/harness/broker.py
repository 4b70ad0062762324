"""One broker as a process: Logboat, or a real Kafka of a given version as the reference.

`Broker.kind` is `logboat` or `kafka-VERSION`. Every test works on either, so that what a test expects can be
checked against Kafka itself: `pytest --broker kafka-4.3.1`.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from . import paths
from .net import free_port, wait_for
from .wire import Wire

# The values of Kafka 2.5.0's own single-node server.properties where they differ from Kafka's code;
# Logboat has them without a file.
SINGLE_NODE = {
    "num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "log.retention.hours": "168",
    "log.segment.bytes": "1073741824",
    "log.retention.check.interval.ms": "300000",
    "group.initial.rebalance.delay.ms": "0",
}


class Broker:
    """A broker on 127.0.0.1, with its data directory, which outlives `kill` and `stop`."""

    def __init__(self, kind: str, config: dict | None = None, port: int | None = None):
        self.kind = kind
        self.config = config or {}
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="logboat-clients-"))
        self.log = self.directory / "broker.log"
        self._processes: list[subprocess.Popen] = []
        self._side_port = None if kind == "logboat" else free_port()

    @property
    def is_kafka(self) -> bool:
        return self.kind != "logboat"

    @property
    def process(self) -> subprocess.Popen:
        """The broker's own process."""
        return self._processes[-1]

    @property
    def version(self) -> str:
        """Kafka's version, of a real Kafka."""
        return self.kind.removeprefix("kafka-")

    def start(self) -> "Broker":
        """Starts the process and waits until it answers ApiVersions."""
        if not self.is_kafka:
            self._start_logboat()
        elif self._needs_zookeeper():
            self._start_zookeeper_and_kafka()
        else:
            self._start_kraft()
        wait_for(self._answers, 90, f"{self.kind} on {self.address}")
        return self

    def kill(self):
        """SIGKILL, as a crash of the process; ZooKeeper, which is not what is tested, goes on."""
        broker = self._processes.pop()
        broker.send_signal(signal.SIGKILL)
        broker.wait()

    def stop(self):
        """SIGTERM, and SIGKILL if that is not enough in 30 s; then what stood beside the broker."""
        if self._processes:
            broker = self._processes.pop()
            broker.terminate()
            try:
                broker.wait(30)
            except subprocess.TimeoutExpired:
                broker.kill()
                broker.wait()
        for beside in self._processes:
            beside.kill()
            beside.wait()
        self._processes.clear()

    def close(self):
        """Stops and removes the data."""
        self.stop()
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def _answers(self) -> bool:
        if self._processes[-1].poll() is not None:
            raise RuntimeError(f"{self.kind} ended with {self._processes[-1].returncode}:\n{self.tail()}")
        try:
            with Wire(self.address, timeout=5) as wire:
                # A starting Kafka answers ApiVersions before it has told itself that it is a broker.
                return bool(wire.api_versions()) and bool(wire.brokers())
        except (OSError, EOFError):
            return False

    def _run(self, command: list[str]):
        with open(self.log, "ab") as log:
            self._processes.append(
                subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=self.directory)
            )

    def _start_logboat(self):
        command = [str(paths.LOGBOAT), "--port", str(self.port), "--data-dir", str(self.directory / "data")]
        for key, value in self.config.items():
            command += ["--override", f"{key}={value}"]
        self._run(command)

    # What follows is the reference only.

    def _needs_zookeeper(self) -> bool:
        return tuple(map(int, self.version.split(".")[:2])) < (3, 3)

    def _java(self, main: str, *arguments: str, heap: str = "512m") -> list[str]:
        libraries = paths.kafka_home(self.version) / "lib" / "*"
        return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", str(libraries), main, *arguments]

    def _write_properties(self, extra: dict) -> str:
        file = self.directory / "server.properties"
        values = {**SINGLE_NODE, "log.dirs": str(self.directory / "data"), **extra, **self.config}
        file.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
        return str(file)

    def _start_kraft(self):
        file = self._write_properties(
            {
                "process.roles": "broker,controller",
                "node.id": "0",
                "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self._side_port}",
                "advertised.listeners": f"PLAINTEXT://{self.address}",
                "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "controller.listener.names": "CONTROLLER",
                "controller.quorum.voters": f"0@127.0.0.1:{self._side_port}",
                "share.coordinator.state.topic.replication.factor": "1",
                "share.coordinator.state.topic.min.isr": "1",
            }
        )
        if not (self.directory / "data" / "meta.properties").exists():
            storage = self._java("kafka.tools.StorageTool", "format", "-t", "bG9nYm9hdC1jbGllbnRzLQ", "-c", file)
            # A cluster without KIP-966, as one upgraded from before 4.0 is: with it, min.insync.replicas
            # becomes a dynamic default of the cluster and stands in every description of a topic.
            storage += ["--feature", "eligible.leader.replicas.version=0"]
            subprocess.run(storage, check=True, capture_output=True)
        self._run(self._java("kafka.Kafka", file))

    def _start_zookeeper_and_kafka(self):
        zookeeper = f"127.0.0.1:{self._side_port}"
        if not self._processes:
            file = self.directory / "zookeeper.properties"
            file.write_text(
                f"tickTime=500\ndataDir={self.directory / 'zookeeper'}\nclientPort={self._side_port}\n"
                "clientPortAddress=127.0.0.1\nadmin.enableServer=false\nmaxClientCnxns=0\n"
            )
            self._run(self._java("org.apache.zookeeper.server.quorum.QuorumPeerMain", str(file), heap="128m"))
        file = self._write_properties(
            {
                "broker.id": "0",
                "listeners": f"PLAINTEXT://{self.address}",
                "zookeeper.connect": zookeeper,
                "zookeeper.connection.timeout.ms": "18000",
                "zookeeper.session.timeout.ms": "2000",
            }
        )
        self._run(self._java("kafka.Kafka", file))
