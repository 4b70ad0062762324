// After a trap a broker's instance is never called again; other brokers go on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Broker } from 'logboat';
import * as kafka from './protocol.mjs';

/** Creates a broker whose module traps when it is given bytes. `calls` counts what it is asked after that. */
async function trapping() {
  const { instantiate } = WebAssembly;
  const state = { trapped: false, calls: [] };
  WebAssembly.instantiate = async (module, imports) => {
    const { exports } = await instantiate(module, imports);
    const wrapped = Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value !== 'function' ? value : (...args) => {
      if (state.trapped) state.calls.push(name);
      if (name !== 'broker_receive') return value(...args);
      state.trapped = true;
      throw new WebAssembly.RuntimeError('unreachable');
    }]));
    return { instance: { exports: wrapped }, module };
  };
  try {
    return { broker: await Broker.create(), state };
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

test('a crash is said to everybody who waits, and concerns no other broker', async () => {
  const other = await Broker.create();
  const { broker, state } = await trapping();
  const [first, second] = [await broker.connect(), await broker.connect()];
  const reading = second.read();
  const crashed = { name: 'LogboatError', code: 'CRASHED' };
  await Promise.all([
    assert.rejects(first.send(kafka.apiVersions0(1)), crashed),
    assert.rejects(reading, crashed),
  ]);
  await assert.rejects(first.read(), crashed);
  await assert.rejects(broker.connect(), crashed);
  await first.close();
  await broker.close();
  assert.equal(await second.read(), null, 'it was closed');
  // What the panic said is all that may still be asked.
  assert.deepEqual(state.calls, ['panicMessage']);

  const connection = await other.connect();
  await connection.send(kafka.apiVersions0(1));
  assert.equal(kafka.readApiVersions0(await new kafka.Frames(connection).next()).error, 0);
  await other.close();
});
