// The built package in Node: its own API, and the Kafka protocol through it, byte by byte.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { Broker, LogboatError } from 'logboat';
import * as kafka from './protocol.mjs';

// A broker keeps no process alive, not even one that waits for its timers.
const alive = setInterval(() => {}, 1000);
const brokers = [];
after(async () => {
  clearInterval(alive);
  await Promise.all(brokers.map((broker) => broker.close()));
});

async function start(options) {
  const broker = await Broker.create(options);
  brokers.push(broker);
  return broker;
}

async function connect(broker) {
  const connection = await broker.connect();
  const frames = new kafka.Frames(connection);
  const call = async (request, read) => {
    await connection.send(request);
    return read(await frames.next());
  };
  return { connection, frames, call };
}

test('ApiVersions answers in both forms of header, with the same APIs', async () => {
  const { call } = await connect(await start());
  const old = await call(kafka.apiVersions0(1), kafka.readApiVersions0);
  const flexible = await call(kafka.apiVersions3(2), kafka.readApiVersions3);
  assert.deepEqual([old.id, old.error, flexible.id, flexible.error], [1, 0, 2, 0]);
  assert.deepEqual(old.apis, flexible.apis);
  const keys = old.apis.map(([key]) => key);
  for (const key of [kafka.PRODUCE, kafka.FETCH, kafka.METADATA, kafka.API_VERSIONS, kafka.CREATE_TOPICS]) {
    assert.ok(keys.includes(key), `API key ${key}`);
  }
});

test('a record comes back as it was sent', async () => {
  const { call } = await connect(await start());
  const created = await call(kafka.createTopic4(1, 'events', 2), kafka.readCreateTopics4);
  assert.deepEqual(created.topics, [{ name: 'events', error: 0, message: null }]);

  const metadata = await call(kafka.metadata5(2, ['events']), kafka.readMetadata5);
  assert.deepEqual(metadata.brokers.map(({ host, port }) => [host, port]), [['127.0.0.1', 9092]]);
  assert.deepEqual(metadata.topics.map(({ error, partitions }) => [error, partitions.length]), [[0, 2]]);

  const sent = kafka.batch(['one', 'two']);
  const produced = await call(kafka.produce9(3, 'events', 1, sent), kafka.readProduce9);
  assert.deepEqual(produced.topics[0].partitions.map(({ error, baseOffset }) => [error, baseOffset]), [[0, 0n]]);

  const fetched = await call(kafka.fetch12(4, 'events', 1, 0), kafka.readFetch12);
  const { error, highWatermark, records } = fetched.topics[0].partitions[0];
  assert.deepEqual([error, highWatermark], [0, 2n]);
  assert.deepEqual(kafka.untouched(records), kafka.untouched(sent));

  const empty = await call(kafka.fetch12(5, 'events', 0, 0), kafka.readFetch12);
  assert.equal(empty.topics[0].partitions[0].records?.length ?? 0, 0);
});

test('large batches and many small ones come back whole', async () => {
  const { call, connection, frames } = await connect(await start());
  await call(kafka.createTopic4(1, 't', 1), kafka.readCreateTopics4);
  const large = kafka.batch(['x'.repeat(900_000)]);
  await call(kafka.produce9(2, 't', 0, large), kafka.readProduce9);
  const sent = [large];
  // Without waiting between them, as a producer does; cut at odd places.
  let stream = Buffer.alloc(0);
  for (let i = 0; i < 200; i++) {
    sent.push(kafka.batch([`value ${i}`]));
    stream = Buffer.concat([stream, kafka.produce9(100 + i, 't', 0, sent.at(-1))]);
  }
  const sending = (async () => {
    for (let at = 0; at < stream.length; at += 1009) await connection.send(stream.subarray(at, at + 1009));
  })();
  for (let i = 0; i < 200; i++) {
    const produced = kafka.readProduce9(await frames.next());
    assert.deepEqual([produced.id, produced.topics[0].partitions[0].baseOffset], [100 + i, BigInt(1 + i)]);
  }
  await sending;
  const fetched = await call(kafka.fetch12(3, 't', 0, 0, { maxBytes: 8 << 20 }), kafka.readFetch12);
  const { records } = fetched.topics[0].partitions[0];
  let at = 0;
  for (const batch of sent) {
    assert.deepEqual(kafka.untouched(records.subarray(at, at + batch.length)), kafka.untouched(batch));
    at += batch.length;
  }
  assert.equal(at, records.length);
});

test('a waiting fetch ends with a record or with its time', async () => {
  const broker = await start();
  const consumer = await connect(broker);
  const producer = await connect(broker);
  await producer.call(kafka.createTopic4(1, 't', 1), kafka.readCreateTopics4);

  const began = performance.now();
  const nothing = await consumer.call(kafka.fetch12(2, 't', 0, 0, { maxWait: 50 }), kafka.readFetch12);
  assert.equal(nothing.topics[0]?.partitions[0]?.records?.length ?? 0, 0);
  assert.ok(performance.now() - began >= 50);

  const waiting = consumer.call(kafka.fetch12(3, 't', 0, 0, { maxWait: 60_000 }), kafka.readFetch12);
  const sent = kafka.batch(['woken']);
  await producer.call(kafka.produce9(4, 't', 0, sent), kafka.readProduce9);
  const { records } = (await waiting).topics[0].partitions[0];
  assert.deepEqual(kafka.untouched(records), kafka.untouched(sent));
});

test('a client that does not read is not listened to', async () => {
  const { connection, frames } = await connect(await start());
  await connection.send(kafka.apiVersions0(1));
  let taken = false;
  const second = connection.send(kafka.apiVersions0(2)).then(() => { taken = true; });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(taken, false);
  assert.equal(kafka.readApiVersions0(await frames.next()).id, 1);
  await second;
  assert.equal(kafka.readApiVersions0(await frames.next()).id, 2);
});

test('what cannot be read ends its connection, and no other', async () => {
  const broker = await start();
  const [bad, good] = [await broker.connect(), await connect(broker)];
  await bad.send(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  assert.equal(await bad.read(), null);
  assert.match(bad.closeReason, /socket\.request\.max\.bytes/);
  await assert.rejects(bad.send(kafka.apiVersions0(1)), { code: 'CLOSED' });
  assert.equal((await good.call(kafka.apiVersions0(1), kafka.readApiVersions0)).error, 0);
});

test('a bad configuration is refused in one line', async () => {
  const refused = (config) => Broker.create({ config }).then(assert.fail, (error) => error);
  const unknown = await refused({ 'log.retention.hour': 1 });
  assert.ok(unknown instanceof LogboatError);
  assert.equal(unknown.code, 'CONFIG');
  assert.match(unknown.message, /log\.retention\.hour .*log\.retention\.hours/);
  assert.doesNotMatch(unknown.message, /\n/);
  assert.match((await refused({ 'num.partitions': 'many' })).message, /many.*num\.partitions.*INT/);
});

test('configuration reaches the broker', async () => {
  const { call } = await connect(await start({ config: { 'num.partitions': 7, 'message.max.bytes': 100 } }));
  await call(kafka.createTopic4(1, 't', -1), kafka.readCreateTopics4);
  const metadata = await call(kafka.metadata5(2, ['t']), kafka.readMetadata5);
  assert.equal(metadata.topics[0].partitions.length, 7);
  const produced = await call(kafka.produce9(3, 't', 0, kafka.batch(['x'.repeat(200)])), kafka.readProduce9);
  assert.equal(produced.topics[0].partitions[0].error, 10, 'MESSAGE_TOO_LARGE');
});

test('a closed broker ends everything that waits', async () => {
  const broker = await start();
  const { connection, call } = await connect(broker);
  await call(kafka.createTopic4(1, 't', 1), kafka.readCreateTopics4);
  await connection.send(kafka.fetch12(2, 't', 0, 0, { maxWait: 60_000 }));
  const reading = connection.read();
  await broker.close();
  assert.equal(await reading, null);
  await assert.rejects(connection.send(kafka.apiVersions0(1)), { code: 'CLOSED' });
  await assert.rejects(broker.connect(), { code: 'CLOSED' });
  await broker.close();
});

test('the log gets what a person should read', async () => {
  const lines = [];
  const { call } = await connect(await start({ log: (level, line) => lines.push(`${level} ${line}`) }));
  await call(kafka.createTopic4(1, 'named', 3), kafka.readCreateTopics4);
  assert.ok(lines.includes('info created topic named with 3 partitions'), lines.join('\n'));
});

test('an open broker keeps no process alive', () => {
  const program = `
    import { Broker } from 'logboat';
    const connection = await (await Broker.create()).connect();
    connection.read();
    console.log('left open');`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname, timeout: 20_000, encoding: 'utf8',
  });
  assert.equal(output, 'left open\n');
});

test('CommonJS has the same broker', async () => {
  const commonjs = createRequire(import.meta.url)('logboat');
  const broker = await commonjs.Broker.create();
  brokers.push(broker);
  const { call } = await connect(broker);
  assert.equal((await call(kafka.apiVersions0(1), kafka.readApiVersions0)).error, 0);
});
