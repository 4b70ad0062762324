"""Fixtures of the tests with real clients.

pytest --broker logboat         the default: target/release/logboat (LOGBOAT_BIN names another one)
pytest --broker kafka-4.3.1     the same tests against a real Kafka; kafka-2.5.0 for what 4.x no longer speaks
pytest --record                 (with a Kafka) writes the command lines' expected output anew
pytest --long                   the full matrices
"""
import sys
import uuid

import pytest

from harness import expected, paths
from harness.broker import Broker
from harness.console import Console
from harness.recorder import Recorder


def pytest_addoption(parser):
    parser.addoption("--broker", default="logboat", help="logboat, kafka-2.5.0, kafka-4.3.1")
    parser.addoption("--record", action="store_true", help="write the expected output instead of comparing with it")
    parser.addoption("--long", action="store_true", help="the full matrices")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only with --long")
    config.addinivalue_line("markers", "since(version): needs a broker that is Logboat or at least this Kafka")
    config.addinivalue_line("markers", "until(version): needs a broker that is Logboat or at most this Kafka")


def pytest_collection_modifyitems(config, items):
    kind = config.getoption("--broker")
    kafka = None if kind == "logboat" else _parts(kind.removeprefix("kafka-"))
    for item in items:
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="long form only"))
        for marker in item.iter_markers("since"):
            if kafka and kafka < _parts(marker.args[0]):
                item.add_marker(pytest.mark.skip(reason=f"Kafka before {marker.args[0]} does not have it"))
        for marker in item.iter_markers("until"):
            if kafka and kafka > _parts(marker.args[0]):
                item.add_marker(pytest.mark.skip(reason=f"Kafka after {marker.args[0]} does not have it any more"))


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@pytest.fixture(scope="session")
def kind(request) -> str:
    return request.config.getoption("--broker")


@pytest.fixture(scope="session")
def record(request) -> bool:
    return request.config.getoption("--record")


@pytest.fixture(scope="session")
def long(request) -> bool:
    return request.config.getoption("--long")


@pytest.fixture(scope="session")
def shared_broker(kind):
    """One broker for all tests that need nothing special of it."""
    broker = Broker(kind).start()
    yield broker
    broker.close()


@pytest.fixture
def broker(shared_broker, request):
    """The shared broker; if the test fails, the end of the broker's log is shown."""
    yield shared_broker
    _show_log_of(shared_broker, request)


@pytest.fixture
def own_broker(kind, request):
    """Starts brokers of the test's own: `own_broker({"key": "value"})`."""
    started: list[Broker] = []

    def start(config: dict | None = None) -> Broker:
        broker = Broker(kind, config)
        started.append(broker)
        return broker.start()

    yield start
    for broker in started:
        _show_log_of(broker, request)
        broker.close()


@pytest.fixture
def console(command_line_broker, version, request):
    """Kafka's command line of `version`; a module says what its `command_line_broker` is."""
    yield Console(version, command_line_broker.address)
    _show_log_of(command_line_broker, request)


@pytest.fixture
def check(console, version, record):
    """Compares what the console printed with what Kafka printed: `check("topics")`."""
    return lambda name: expected.compare(f"{version}/{name}", console.transcript, record)


@pytest.fixture(scope="session")
def recorded(kind):
    """A broker whose clients all come through a Recorder: (broker, recorder)."""
    recorder = Recorder()
    broker = Broker(kind, {"advertised.listeners": f"PLAINTEXT://{recorder.address}"})
    recorder.target = broker.address
    yield broker.start(), recorder
    broker.close()
    recorder.close()


@pytest.fixture
def topic() -> str:
    """A topic name that no other test uses."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, f"report_{call.when}", outcome.get_result())


def _show_log_of(broker: Broker, request):
    report = getattr(request.node, "report_call", None)
    if report is not None and report.failed:
        print(f"--- the end of {broker.kind}'s log ---\n{broker.tail()}", file=sys.stderr)


def pytest_report_header(config):
    kind = config.getoption("--broker")
    return f"broker: {paths.LOGBOAT if kind == 'logboat' else kind}"
