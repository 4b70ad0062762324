"""Kafka's own Java clients in groups, 2.5.0 and 4.3.1: the sample projects 4 to 8, and a tour of the admin client."""
import re
import signal
import time

import pytest

from harness import expected, paths
from harness.admin import create_topic
from harness.console import Console
from harness.groups import describe, offsets, set_offsets, wait_for_members
from harness.net import wait_for
from harness.programs import Running, java, java_running
from harness.rdkafka import produce

both = pytest.mark.parametrize("version", [paths.OLDEST_KAFKA, paths.NEWEST_KAFKA])


def fill(broker, topic: str, numbers, partition: int = 0):
    produce(broker, topic, [(None, b"record %d" % n, [], 0) for n in numbers], {}, partition)


@pytest.fixture
def lines_topic(broker, topic):
    """Three partitions, whose records are never too old."""
    return create_topic(broker, topic, 3, {"retention.ms": "-1"})


@both
def test_sample_4_begins_at_the_latest(broker, lines_topic, version):
    """What was there before is not shown; never closed, the member stays after a kill, and its group with it (trap 5)."""
    fill(broker, lines_topic, range(5))
    with java_running(version, "SimpleConsumer", broker.address, lines_topic, lines_topic) as consumer:
        wait_for_members(broker, lines_topic, 1)
        sent = 5

        def shown():
            # From some moment on, the one at which it asked for the latest offset, it shows every record.
            nonlocal sent
            fill(broker, lines_topic, [sent])
            sent += 1
            return consumer.lines()

        wait_for(shown, 30, "a record", 0.2)
        fill(broker, lines_topic, [sent])
        wait_for(lambda: f"record {sent}" in consumer.lines(), 20, "the last record")
        seen = [int(line.removeprefix("record ")) for line in consumer.lines()]
        assert seen[0] >= 5 and seen == list(range(seen[0], sent + 1))
        wait_for(lambda: offsets(broker, lines_topic, lines_topic, 1) == [sent + 1], 20, "its commit after 5 s", 0.2)
        consumer.end(signal.SIGKILL)
    assert len(describe(broker, lines_topic).members) == 1
    console = Console(version, broker.address)
    refused = console(f"bin/kafka-consumer-groups.sh --bootstrap-server B --delete --group {lines_topic}")
    assert "GroupNotEmptyException" in refused


# A new member waits for the end of the dead one's session: 10 s, since 3.0 45 s.
@pytest.mark.parametrize("version", [paths.OLDEST_KAFKA, pytest.param(paths.NEWEST_KAFKA, marks=pytest.mark.long)])
def test_sample_5_what_was_not_committed_comes_again(broker, lines_topic, version):
    """It would commit after 60 s and is killed before: the next one reads the same again, when the session has ended."""
    fill(broker, lines_topic, range(10))
    set_offsets(broker, lines_topic, lines_topic, [2, 0, 0])
    arguments = [version, "SimpleConsumer", broker.address, lines_topic, lines_topic, "60000"]
    expected_lines = [f"record {n}" for n in range(2, 10)]
    with java_running(*arguments) as consumer:
        wait_for(lambda: consumer.lines() == expected_lines, 40, "eight records")
        consumer.end(signal.SIGTERM)
    killed = time.monotonic()
    assert offsets(broker, lines_topic, lines_topic, 1) == [2]
    with java_running(*arguments) as consumer:
        wait_for(lambda: consumer.lines() == expected_lines, 90, "the same records")
    session = 10 if version == paths.OLDEST_KAFKA else 45
    # Its last heartbeat was at most three seconds before the kill.
    assert session - 3.5 < time.monotonic() - killed < session + 30


@both
@pytest.mark.parametrize("how", ["sync", "async"])
def test_sample_6_commits_after_every_record(broker, lines_topic, version, how):
    """Thirty commits in a row; what was answered is kept, whatever becomes of the consumer."""
    for partition in range(3):
        fill(broker, lines_topic, range(10), partition)
    set_offsets(broker, lines_topic, lines_topic, [0, 0, 0])
    with java_running(version, "CommitEachConsumer", broker.address, lines_topic, lines_topic, how) as consumer:
        wait_for(lambda: len(consumer.lines()) >= 30, 40, "thirty commits")
        consumer.end(signal.SIGKILL)
        commits = [tuple(map(int, line.removeprefix("committed ").split())) for line in consumer.lines()]
    for partition in range(3):
        assert [offset for of, offset in commits if of == partition] == list(range(1, 11))
    assert offsets(broker, lines_topic, lines_topic, 3) == [10, 10, 10]


@both
def test_sample_7_three_threads_leave_at_once(broker, lines_topic, version):
    """Each of three members has a partition; Ctrl-C wakes them, they commit and leave together: nobody waits for a session."""
    set_offsets(broker, lines_topic, lines_topic, [0, 0, 0])
    with java_running(version, "MultiThreadConsumer", broker.address, lines_topic, lines_topic) as consumers:
        wait_for_members(broker, lines_topic, 3)
        members = describe(broker, lines_topic).members
        assert sorted(p.partition for m in members for p in m.assignment.topic_partitions) == [0, 1, 2]
        assert all(len(member.assignment.topic_partitions) == 1 for member in members)
        for partition in range(3):
            fill(broker, lines_topic, range(10), partition)
        wait_for(lambda: len(consumers.lines()) >= 30, 20, "thirty records")
        owners = {line.rsplit(" record", 1)[0] for line in consumers.lines()}
        assert len(owners) == 3, owners
        consumers.end(signal.SIGINT)
        assert sorted(line for line in consumers.lines() if "Wakeup" in line) == [f"thread {n} trigger WakeupException" for n in range(3)]
    wait_for_members(broker, lines_topic, 0, 3)
    assert offsets(broker, lines_topic, lines_topic, 3) == [10, 10, 10]


@pytest.mark.parametrize(
    "version,telegraf",
    [
        pytest.param(paths.OLDEST_KAFKA, "telegraf", marks=pytest.mark.until("3.9.9")),
        (paths.NEWEST_KAFKA, "telegraf-newest"),
    ],
)
def test_sample_8_saves_metrics(own_broker, tmp_path, version, telegraf):
    """K13, K14, K16, K17: Telegraf fills my-computer-metric, three consumers save it, `tail -f *.csv` shows it growing."""
    broker = own_broker()
    topic = create_topic(broker, "my-computer-metric", 5)
    config = tmp_path / "telegraf.conf"
    text = (paths.CLIENTS / "config" / "telegraf.conf").read_text()
    config.write_text(text.replace("BROKER", broker.address).replace('"1s"', '"200ms"'))
    metric = re.compile(r"(cpu,cpu=cpu-total|mem),host=boat [a-z_]+=.* \d{19}")
    saver = java_running(version, "MetricSaver", broker.address, topic, cwd=tmp_path)
    with saver, Running([str(paths.CACHE / "bin" / telegraf), "--config", str(config)]) as agent:
        files = lambda: sorted(tmp_path.glob("*.csv"))  # noqa: E731
        wait_for(lambda: len(files()) == 3, 30, "a CSV of each thread")
        with Running(["sh", "-c", "exec tail -f *.csv"], cwd=tmp_path) as tail:

            def grown():
                """Every file has more than a metric, and both kinds were shown."""
                return all(file.read_text().count("\n") > 1 for file in files()) and {"cpu", "mem"} <= {
                    line.split(",")[0] for line in tail.lines()
                }

            wait_for(grown, 60, "metrics in three files", 0.2)
            shown = [line for line in tail.lines() if line and not line.startswith("==> ")]
            # The last line may be half written.
            assert all(metric.fullmatch(line) for line in shown[:-1]), shown
        assert sorted(len(m.assignment.topic_partitions) for m in describe(broker, "metric-consumers").members) == [1, 2, 2]
        console = Console(version, broker.address)
        with console.running(f"bin/kafka-console-consumer.sh --bootstrap-server B --topic {topic} --from-beginning") as lines:
            wait_for(lambda: sum(bool(metric.fullmatch(line)) for line in lines()) >= 10, 30, "ten metrics")
        assert agent.end(signal.SIGTERM) == 0, agent.output()
    assert all(offset >= 0 for offset in offsets(broker, "metric-consumers", topic, 5)), "also of what was empty"


@both
@pytest.mark.since("4.0.0")  # which refuses to describe what is not there, and knows configs of groups
def test_admin_tour_of_groups(broker, topic, version, record):
    steps = java(version, "GroupTour", broker.address, topic, topic).splitlines()
    expected.compare(f"{version}/group-tour", [step.replace(topic, "GROUP") for step in steps], record)
