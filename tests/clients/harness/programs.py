"""Runs the small programs of ours that use a client in its own language."""
import os
import subprocess

from . import paths


def run(command: list[str], timeout: int = 120, **more) -> str:
    """Gives stdout; fails with both outputs."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **more)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def java_command(version: str, program: str) -> list[str]:
    """Starts one of java/*.java, compiled against and run on kafka-clients of that version."""
    home = paths.kafka_home(version)
    flags = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
    return ["java", *flags, "-cp", f"{home / 'classes'}:{home / 'lib'}/*", program]


def java(version: str, program: str, *arguments: str, timeout: int = 120) -> str:
    return run([*java_command(version, program), *arguments], timeout)


NODE_MODULES = paths.CACHE / "js" / "node_modules"
NODE_ENVIRONMENT = {**os.environ, "NODE_PATH": str(NODE_MODULES), "KAFKAJS_NO_PARTITIONER_WARNING": "1"}


def node(program: str, *arguments: str, timeout: int = 120) -> str:
    """One of js/*.js, with the modules of js/package-lock.json."""
    # zstd is in Node's zlib from 22.15 on; the lz4 module is built for the machine's own Node.
    newer = NODE_MODULES / ".bin" / "node"
    command = [str(newer) if "zstd" in arguments and newer.exists() else "node", str(paths.CLIENTS / "js" / f"{program}.js"), *arguments]
    return run(command, timeout, env=NODE_ENVIRONMENT)


def go(program: str, *arguments: str, timeout: int = 120) -> str:
    """One of the programs of go/, built by clients/setup.sh."""
    return run([str(paths.CACHE / "bin" / program), *arguments], timeout)
