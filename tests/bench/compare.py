#!/usr/bin/env python3
"""Brokers side by side on this machine: every round runs each once, in turn; ratios are taken inside a round, and the
median of the rounds is given, so that the machine's drift cancels. Every broker starts fresh, on an empty directory.

  throughput  broker CPU a GiB and MB/s: produce of 64 KiB and 4 KiB batches and fetch, on disk under Kafka's contract
  memory      the same, nothing kept
  latency     open loop at 1,000 requests a second: p50 and p99
  durable     with a flush before each answer, beside the floor with fsync and the disk's own fdatasync
  start       from exec to the first answer
  idle        resident memory and CPU, bytes a partition and a connection
  strangers   10,000 silent connections, 10,000 that have sent half a frame, and clients that never read: KiB for each, and
              how long somebody else waits meanwhile
  groups      100,000 groups with one committed offset each: commits a second and memory a group, beside a real Kafka
              (--kafka VERSION; tests/clients/setup.sh java fetches it)
"""
import argparse, json, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, time

LATER = ['--override', 'log.flush.interval.messages=9223372036854775807']


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Kit:
    def __init__(self, arguments):
        self.logboat, self.tools = os.path.abspath(arguments.logboat), os.path.abspath(arguments.tools)
        self.base = tempfile.mkdtemp(prefix='logboat-bench-', dir=arguments.dir)
        self.mib = arguments.mib

    def command(self, name, port, directory):
        floor = [f'{self.tools}/floor', '--port', str(port), '--dir', directory, '--mode']
        boat = [self.logboat, '--port', str(port)]
        return {
            'floor-mem': floor + ['mem'],
            'floor-file': floor + ['file'],
            'floor-fsync': floor + ['file', '--fsync', '1'],
            'logboat-mem': boat + ['--memory'],
            'logboat-later': boat + ['--data-dir', directory] + LATER,
            'logboat': boat + ['--data-dir', directory],
        }[name]

    def load(self, *words, timeout=120, tool='rawload'):
        done = subprocess.run([f'{self.tools}/{tool}', *map(str, words)], capture_output=True, text=True, timeout=timeout)
        lines = [line for line in done.stdout.splitlines() if line.startswith('{')]
        if done.returncode or not lines:
            sys.exit(f'{tool} {words}: {done.stderr[-400:]}')
        return json.loads(lines[-1])


class Broker:
    def __init__(self, kit, name):
        self.kit, self.port = kit, free_port()
        self.dir = tempfile.mkdtemp(dir=kit.base)
        log = open(os.path.join(kit.base, f'{name}.log'), 'w')
        self.process = subprocess.Popen(kit.command(name, self.port, self.dir), stdout=log, stderr=log, cwd=self.dir)
        self.addr = f'127.0.0.1:{self.port}'
        ready = subprocess.run([f'{kit.tools}/rawload', 'ready', '--addr', self.addr], capture_output=True)
        if ready.returncode:
            sys.exit(f'{name} does not answer; see {log.name}')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def topic(self, partitions=1, name='a'):
        topic = f'p{partitions}-{name}'
        answer = self.kit.load('create', '--addr', self.addr, '--topic', topic, '--partitions', partitions)
        if answer['error']:
            sys.exit(f'create {topic}: {answer}')
        return ['--addr', self.addr, '--topic', topic, '--partitions', partitions, '--pid', self.process.pid]

    def memory(self):
        """Bytes resident."""
        return self.status('VmRSS:') * 2**20

    def status(self, key):
        with open(f'/proc/{self.process.pid}/status') as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024

    def cpu(self):
        with open(f'/proc/{self.process.pid}/stat') as text:
            fields = text.read().rsplit(') ', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


class Kafka(Broker):
    """A real one, with the values of its own single-node file and a heap of 512 MiB."""

    def __init__(self, kit, name):
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'clients'))
        from harness.broker import Broker as Real

        self.kit, self.real = kit, Real(name).start()
        self.addr, self.process = self.real.address, self.real.process

    def __exit__(self, *_):
        self.real.close()

    def memory(self):
        """Bytes of living objects: what is resident says only how large the heap has grown."""
        histogram = subprocess.run(['jcmd', str(self.process.pid), 'GC.class_histogram'], capture_output=True, text=True, check=True)
        return int(histogram.stdout.splitlines()[-1].split()[-1])


def rounds(kit, count, names, measure):
    """Rows by broker: each round measures every broker once."""
    rows = {name: [] for name in names}
    for number in range(count):
        for name in names:
            with (Kafka if name.startswith('kafka-') else Broker)(kit, name) as broker:
                rows[name].append(measure(broker))
        print(f'  round {number + 1} of {count}', file=sys.stderr)
    return rows


def show(title, rows, reference):
    print(f'\n{title}')
    for key in next(iter(rows.values()))[0]:
        cells = []
        for name, values in rows.items():
            ratios = [v[key] / r[key] for v, r in zip(values, rows[reference]) if r[key]]
            text = f'{name} {statistics.median(v[key] for v in values):.4g}'
            if name != reference and ratios:
                text += f' = {statistics.median(ratios):.2f} x [{min(ratios):.2f}..{max(ratios):.2f}]'
            cells.append(text)
        print(f'  {key:28} ' + '   '.join(cells))
    sys.stdout.flush()


def throughput(kit, names, count):
    def measure(broker):
        row = {}
        for label, batch, mib in (('64k', 65536, kit.mib), ('4k', 4096, kit.mib // 4)):
            common = broker.topic(1, f'w{label}') + ['--batch', batch, '--inflight', 5]
            kit.load('produce', *common, '--mib', mib // 8)
            common = broker.topic(1, f'a{label}') + ['--batch', batch, '--inflight', 5]
            done = kit.load('produce', *common, '--mib', mib)
            row[f'produce {label} CPU s/GiB'], row[f'produce {label} MB/s'] = done['broker_cpu_s_per_GiB'], done['MB_s']
            if label == '64k':
                done = kit.load('fetch', *common, '--mib', 2 * mib)
                row['fetch 64k CPU s/GiB'], row['fetch 64k MB/s'] = done['broker_cpu_s_per_GiB'], done['MB_s']
        return row

    return rounds(kit, count, names, measure)


def latency(kit, names, count):
    def measure(broker):
        common = broker.topic() + ['--record', 1024, '--batch', 1024, '--inflight', 5]
        kit.load('produce', *common, '--mib', 2)
        done = kit.load('produce', *common, '--mib', 5, '--rate', 1000)
        return {'p50 us': done['p50_us'], 'p99 us': done['p99_us']}

    return rounds(kit, count, names, measure)


def durable(kit, names, count):
    def measure(broker):
        row = {}
        one = broker.topic() + ['--record', 1024, '--batch', 1024]
        kit.load('produce', *one, '--mib', 1, '--inflight', 1)
        row['1 producer, acks/s'] = kit.load('produce', *one, '--mib', 3, '--inflight', 1)['req_s']
        many = broker.topic(100, 'm') + ['--record', 1024, '--batch', 1024, '--conns', 64]
        row['64 producers, 1 in flight, acks/s'] = kit.load('produce', *many, '--mib', 32, '--inflight', 1)['req_s']
        row['64 producers, 5 in flight, acks/s'] = kit.load('produce', *many, '--mib', 64, '--inflight', 5)['req_s']
        return row

    rows = rounds(kit, count, names, measure)
    disk = [kit.load('fdatasync', '--path', os.path.join(kit.base, 'fdatasync.dat')) for _ in range(3)]
    print(f"\nthe disk's own fdatasync of 4 KiB: {statistics.median(d['per_s'] for d in disk):.0f}/s, "
          f"p50 {statistics.median(d['p50_us'] for d in disk):.0f} us")
    return rows


def groups(kit, names, count):
    def measure(broker):
        broker.topic(1, 'g')
        common = ['--addr', broker.addr, '--topic', 'p1-g']
        kit.load(*common, '--groups', 2000, '--prefix', 'warm', tool='groupload')
        before, number = broker.memory(), 100_000
        done = kit.load(*common, '--groups', number, tool='groupload', timeout=600)
        return {
            'commits/s': done['commits_s'],
            'p50 us': done['p50_us'],
            'p99 us': done['p99_us'],
            'bytes a group': (broker.memory() - before) / number,
        }

    return rounds(kit, count, names, measure)


def start(kit):
    print('\nstart: exec to the first answer, ms')
    directory = tempfile.mkdtemp(dir=kit.base)
    for title, name in (('in memory', 'logboat-mem'), ('a new directory, then the same', 'logboat')):
        port = free_port()
        done = kit.load('spawn', '--addr', f'127.0.0.1:{port}', '--reps', 9, '--', *kit.command(name, port, directory))
        print(f"  {title:32} median {done['median_ms']} min {done['min_ms']} max {done['max_ms']}, CPU {done['cpu_ms_median']}")


def idle(kit):
    print('\nidle')
    for name in ('logboat-mem', 'logboat'):
        with Broker(kit, name) as broker:
            time.sleep(1)
            before, resident = broker.cpu(), broker.status('VmRSS:')
            time.sleep(5)
            spent = broker.cpu() - before
            broker.topic(5000, 'big')
            time.sleep(0.5)
            partitions = broker.status('VmRSS:')
            request = bytes([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255])
            clients = []
            for _ in range(5000):
                client = socket.create_connection(('127.0.0.1', broker.port))
                client.sendall(request)
                client.recv(4096)
                clients.append(client)
            time.sleep(0.5)
            connections = broker.status('VmRSS:')
            print(f'  {name:12} {resident:.1f} MiB resident, {spent * 200:.1f} ms CPU a second, '
                  f'{(partitions - resident) * 1024 / 5000:.2f} KiB a partition, '
                  f'{(connections - partitions) * 1024 / 5000:.2f} KiB an idle connection')
            for client in clients:
                client.close()


def strangers(kit):
    print('\nstrangers: KiB for each, on disk; somebody else asks a thousand times meanwhile')
    with Broker(kit, 'logboat') as broker:
        header = bytes([0, 18, 0, 0, 0, 0, 0, 1, 255, 255])
        ask = len(header).to_bytes(4, 'big') + header
        describe = bytes([0, 32, 0, 1, 0, 0, 0, 1, 255, 255, 0, 0, 0, 1, 4, 0, 1]) + b'0' + bytes([255] * 4 + [1])
        describe = len(describe).to_bytes(4, 'big') + describe
        half = (200_000).to_bytes(4, 'big') + bytes([0, 3, 0, 4, 0, 0, 0, 1, 255, 255]) + bytes(1000)
        # The memory that sockets are read into is there.
        kit.load('produce', *broker.topic(1, 'warm'), '--mib', 256)
        for what, count, sent, repeat in (('silent', 10_000, b'', 0), ('half a frame', 10_000, half, 1), ('never read', 20, describe * 100, 10_000)):
            before = broker.status('VmRSS:')
            clients = []
            for _ in range(count):
                client = socket.create_connection(('127.0.0.1', broker.port))
                client.settimeout(0.02)
                try:
                    for _ in range(repeat):
                        client.sendall(sent)
                except TimeoutError:
                    pass
                clients.append(client)
            other = socket.create_connection(('127.0.0.1', broker.port))
            waited = []
            for _ in range(1000):
                begun = time.perf_counter()
                other.sendall(ask)
                other.recv(4096)
                waited.append((time.perf_counter() - begun) * 1e6)
            waited.sort()
            kept = (broker.status('VmRSS:') - before) * 1024
            for client in clients:
                client.close()
            time.sleep(2)
            after = broker.status('VmRSS:') - before
            print(f'  {count:6} {what:14} {kept / count:8.2f} KiB each; afterwards {after:+.1f} MiB; '
                  f'others waited p50 {waited[500]:.0f} µs, p99 {waited[990]:.0f} µs')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--logboat', default='target/release/logboat', help='the server')
    parser.add_argument('--tools', default='target/bench/release', help='where rawload and floor are')
    parser.add_argument('--rounds', type=int, default=5, help='how often each broker is measured (5)')
    parser.add_argument('--mib', type=int, default=512, help='MiB that a measurement of throughput moves (512)')
    parser.add_argument('--only', default='throughput,memory,latency,durable,start,idle,strangers,groups', help='which measurements')
    parser.add_argument('--kafka', default=None, help='the version of a real Kafka to measure groups beside')
    parser.add_argument('--dir', default=None, help='where data goes while measuring (the temporary directory)')
    arguments = parser.parse_args()
    kit = Kit(arguments)
    load = open('/proc/loadavg').read().split()[0]
    print(f'{os.uname().release}, {os.cpu_count()} cores, load {load} before, {arguments.rounds} rounds')
    try:
        only, count = arguments.only.split(','), arguments.rounds
        if 'throughput' in only:
            show('on disk, flushed later (Kafka\'s contract)', throughput(kit, ['floor-file', 'logboat-later'], count), 'floor-file')
        if 'memory' in only:
            show('in memory', throughput(kit, ['floor-mem', 'logboat-mem'], count), 'floor-mem')
        if 'latency' in only:
            show('1,000 a second, open loop', latency(kit, ['floor-file', 'logboat-later'], count), 'floor-file')
        if 'durable' in only:
            show('flushed before each answer', durable(kit, ['floor-fsync', 'logboat', 'logboat-later'], count), 'floor-fsync')
        if 'groups' in only:
            names = ['logboat', 'logboat-later'] + ([f'kafka-{arguments.kafka}'] if arguments.kafka else [])
            show('100,000 groups with one committed offset each, 16 connections', groups(kit, names, count), names[-1])
        if 'start' in only:
            start(kit)
        if 'idle' in only:
            idle(kit)
        if 'strangers' in only:
            strangers(kit)
    finally:
        shutil.rmtree(kit.base, ignore_errors=True)


main()
