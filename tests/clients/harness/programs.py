"""Runs programs: the small ones of ours that use a client in its own language, and any that goes on until it is told to end."""
import os
import signal
import subprocess
import tempfile

from . import paths


def run(command: list[str], timeout: int = 120, **more) -> str:
    """Gives stdout; fails with both outputs."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **more)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


class Running:
    """A program that goes on. Use it with `with`, at whose end it is killed if it has not ended before."""

    def __init__(self, command: list[str], **more):
        self._output = tempfile.TemporaryFile()
        # What a shell starts in the background ignores Ctrl-C, and so would what it starts in turn.
        listens = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT, preexec_fn=listens, **more
        )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, failed, *_):
        self.end(signal.SIGKILL)
        if failed:
            print(f"--- {self.process.args} ---\n{self.output()}")
        self._output.close()

    def output(self) -> str:
        """Stdout and stderr so far."""
        # Read in place: the position is the program's too.
        return os.pread(self._output.fileno(), 1 << 24, 0).decode(errors="replace")

    def lines(self) -> list[str]:
        return self.output().splitlines()

    def end(self, how: signal.Signals) -> int:
        """Sends the signal and waits for the end; gives the exit status."""
        self.process.send_signal(how)
        return self.process.wait(30)


def java(version: str, program: str, *arguments: str, timeout: int = 120) -> str:
    """One of java/*.java, compiled against and run on kafka-clients of that version."""
    return run(java_command(version, program, *arguments), timeout)


def java_running(version: str, program: str, *arguments: str, **more) -> Running:
    return Running(java_command(version, program, *arguments), **more)


def java_command(version: str, program: str, *arguments: str) -> list[str]:
    home = paths.kafka_home(version)
    flags = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
    return ["java", *flags, "-cp", f"{home / 'classes'}:{home / 'lib'}/*", program, *arguments]


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
