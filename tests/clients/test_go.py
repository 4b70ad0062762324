"""Go's clients: sarama, whose requests are exactly those of Config.Version (trap 9), and franz-go, which negotiates."""
import re
import subprocess

import pytest

from harness import paths
from harness.admin import create_topic
from harness.net import wait_for
from harness.programs import go
from harness.rdkafka import read_whole

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
# The releases after which sarama's requests change, and the codecs that each knows.
OLD = ["0.8.2.0", "0.9.0.1", "0.10.0.0", "0.10.1.0"]
VERSIONS = ["0.10.2.0", "0.11.0.0", "1.0.0", "2.5.0", "max"]
LONG = ["0.8.2.2", "0.10.2.1", "0.11.0.2", "1.1.1", "2.0.1", "2.1.0", "2.2.2", "2.4.1", "2.6.3", "2.7.2", "2.8.2", "3.0.2",
        "3.3.2", "3.6.2", "3.9.0", "4.0.0"]  # fmt: skip


def codecs_of(version: str) -> list[str]:
    if version == "max":
        return CODECS
    parts = tuple(map(int, version.split(".")))
    return [c for c in CODECS if (c != "zstd" or parts >= (2, 1)) and (c != "lz4" or parts >= (0, 10))]


def cases():
    for version in OLD + VERSIONS + LONG:
        for codec in codecs_of(version):
            marks = [pytest.mark.until("3.9.9")] if version < "2" and version != "max" else []
            if version in LONG or (codec in ("gzip", "lz4") and version in OLD):
                marks.append(pytest.mark.long)
            yield pytest.param(version, codec, marks=marks, id=f"{version}-{codec}")


@pytest.mark.parametrize("version,codec", list(cases()))
def test_trap_9_sarama(broker, topic, version, codec):
    """Trap 9: one missing version of one API is EOF to sarama's users; its oldest settings send message sets v0 and v1."""
    lines = go("sarama", broker.address, version, topic, codec).splitlines()
    assert lines[:2] == ["oldest 0", "newest 100"]
    by_time = lines[2:]
    assert by_time == ([] if version in ("0.8.2.0", "0.8.2.2", "0.9.0.1", "0.10.0.0") else ["by time 42", "future -1"])


@pytest.mark.until("3.9.9")
def test_trap_14_telegraf_settings(broker, topic):
    """Trap 14, K16: sarama 1.27.2 leaves the batch's largest timestamp unset; its records are found by time all the same."""
    out = go("telegraf-sarama", broker.address, topic).splitlines()
    assert out == ["partitions 1", "at 1700000000000 found true", "at 1700000004001 found true", "at 4102444800000 found false"]


@pytest.mark.until("3.9.9")
def test_k16_telegraf(broker, tmp_path):
    """K13, K14, K16: `./telegraf --config telegraf.conf` fills a topic of five partitions with its metrics."""
    topic = create_topic(broker, "my-computer-metric", 5)
    config = tmp_path / "telegraf.conf"
    config.write_text((paths.CLIENTS / "config" / "telegraf.conf").read_text().replace("BROKER", broker.address))
    log = open(tmp_path / "telegraf.log", "w+")
    telegraf = subprocess.Popen(["./telegraf", "--config", str(config)], cwd=paths.CACHE / "bin", stderr=log)

    def lines():
        return [r.value().decode() for partition in range(5) for r in read_whole(broker, topic, partition)]

    try:
        wait_for(lambda: {line.split(",")[0] for line in lines()} == {"cpu", "mem"}, 30, "metrics of cpu and mem", 0.5)
    finally:
        telegraf.terminate()
        telegraf.wait(20)
        log.seek(0)
        print(log.read())
    assert all(re.match(r"(cpu,cpu=cpu-total|mem),host=boat [a-z_]+=.* \d{19}\n$", line) for line in lines())


@pytest.mark.parametrize("codec", CODECS)
def test_franz_go(broker, topic, codec):
    assert go("franz", "round-trip", broker.address, topic, codec) == "end 100 by time 42\n"
