// The same inputs give the same bytes: twice in the module, and once more in the broker built natively.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { Broker } from 'logboat';
import init, { Broker as Raw } from '../gen/logboat_wasm.js';
import * as kafka from './protocol.mjs';

const START = 1_700_000_000_000;
const OVER = 4;

let memory;
before(async () => {
  const module = await readFile(new URL('../dist/logboat_bg.wasm', import.meta.url));
  ({ memory } = await init({ module_or_path: module }));
});

/** What a transcript's clients get; wasm/examples/replay.rs says what the lines mean, and does the same natively. */
function replay(transcript) {
  const [first, ...lines] = transcript;
  const [, seed, instant, wall, ...config] = first.split(' ');
  let now = [Number(instant), Number(wall)];
  const raw = new Raw(config.flatMap((pair) => pair.split('=')), BigInt(seed), ...now);
  let out = '';
  for (const line of lines) {
    const [verb, ...words] = line.split(' ');
    if (verb === 'turn') raw.turn(...(now = words.map(Number)));
    else if (verb === 'connect') raw.connect('127.0.0.1', 9092, '/127.0.0.1');
    else if (verb === 'send') raw.receive(Number(words[0]), Buffer.from(words[1], 'hex'), ...now);
    else if (verb === 'disconnect') raw.disconnect(Number(words[0]), ...now);
    else assert.fail(line);
    for (let number = raw.changed(); number !== 0; number = raw.changed()) {
      let hex = '';
      for (let length = raw.take(number, ...now); length > 0; length = raw.take(number, ...now)) {
        hex += Buffer.from(memory.buffer, raw.output(), length).toString('hex');
      }
      if (hex !== '') out += `${number} ${hex}\n`;
      if (raw.state(number) & OVER) out += `${number} over ${raw.closeReason(number) ?? ''}\n`;
    }
  }
  raw.free();
  return out;
}

/** Two clients that do a little of everything: create, produce, fetch, wait, be woken, be cut off. */
function transcript(seed) {
  const send = (connection, bytes) => `send ${connection} ${bytes.toString('hex')}`;
  const pieces = (connection, bytes) =>
    [0, 1, 7, 30].map((at, i, all) => send(connection, bytes.subarray(at, all[i + 1])));
  const records = kafka.batch(['one', 'two', 'three'], START);
  const broken = Buffer.from(records);
  broken[broken.length - 2] ^= 1;
  return [
    `open ${seed} 1000 ${START} num.partitions=3 log.retention.hours=1 connections.max.idle.ms=86400000`,
    'connect', 'connect',
    send(1, kafka.apiVersions0(1)), send(1, kafka.apiVersions3(2)),
    ...pieces(1, kafka.createTopic4(3, 'events', 2)),
    send(1, kafka.metadata5(4, ['events', 'nothing'])),
    send(2, kafka.fetch12(1, 'events', 1, 0, { maxWait: 300 })),
    `turn 1300 ${START + 300}`,
    send(2, kafka.fetch12(2, 'events', 1, 0, { maxWait: 30_000 })),
    ...pieces(1, kafka.produce9(5, 'events', 1, records)),
    send(1, kafka.produce9(6, 'events', 1, broken)),
    send(1, Buffer.concat([1, 2, 3].map((i) => kafka.produce9(6 + i, 'events', 0, kafka.batch([`v${i}`], START))))),
    // The clocks move on by an hour: retention looks.
    `turn 3700000 ${START + 3_700_000}`,
    send(2, kafka.fetch12(3, 'events', 0, 1)), send(2, kafka.fetch12(4, 'events', 1, 0)),
    send(2, kafka.fetch12(5, 'events', 1, 99)),
    send(2, Buffer.from('00000004ffff0000', 'hex')),
    'disconnect 2', 'disconnect 1', 'connect',
    send(3, kafka.metadata5(1, ['events'])),
  ];
}

test('the same seed and inputs give the same bytes, another seed other ids', () => {
  const first = replay(transcript(7));
  // Every request was answered, and the last piece of nonsense ended its connection.
  assert.equal(first.trimEnd().split('\n').length, 14, first);
  assert.match(first, /^2 over /m);
  assert.equal(replay(transcript(7)), first);
  assert.notEqual(replay(transcript(8)), first);
});

test('the native build gives the same bytes', { skip: !process.env.LOGBOAT_REPLAY && 'LOGBOAT_REPLAY names no replayer' }, () => {
  const input = transcript(7).join('\n');
  const output = execFileSync(process.env.LOGBOAT_REPLAY, { input, encoding: 'utf8', timeout: 20_000 });
  assert.equal(output, replay(transcript(7)));
});

test('the package gives the same bytes for the same seed and clock', async () => {
  const run = async () => {
    const clock = { monotonic: () => 1000, wall: () => START };
    const broker = await Broker.create({ seed: 7, clock });
    const connection = await broker.connect();
    const frames = new kafka.Frames(connection);
    const answers = [];
    for (const request of [
      kafka.apiVersions3(1), kafka.createTopic4(2, 't', 1), kafka.metadata5(3, ['t']),
      kafka.produce9(4, 't', 0, kafka.batch(['one'], START)), kafka.fetch12(5, 't', 0, 0),
    ]) {
      await connection.send(request);
      answers.push((await frames.next()).toString('hex'));
    }
    await broker.close();
    return answers;
  };
  assert.deepEqual(await run(), await run());
});
