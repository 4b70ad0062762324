// Requests and answers of the Kafka protocol written out by hand, after Kafka's message schemas: what the tests speak
// must not come from the code that they test.

/** Writes numbers big-endian, and strings as Kafka does. */
export class Writer {
  #parts = [];

  i8(value) { return this.#put(1, (b) => b.writeInt8(value)); }
  i16(value) { return this.#put(2, (b) => b.writeInt16BE(value)); }
  i32(value) { return this.#put(4, (b) => b.writeInt32BE(value)); }
  u32(value) { return this.#put(4, (b) => b.writeUInt32BE(value)); }
  i64(value) { return this.#put(8, (b) => b.writeBigInt64BE(BigInt(value))); }
  raw(bytes) { this.#parts.push(Buffer.from(bytes)); return this; }
  /** A string with two bytes of length. */
  string(text) { return this.i16(Buffer.byteLength(text)).raw(Buffer.from(text)); }
  uvarint(value) {
    for (; value > 127; value >>>= 7) this.i8((value & 127) | -128);
    return this.i8(value);
  }
  varint(value) { return this.uvarint(((value << 1) ^ (value >> 31)) >>> 0); }
  compactString(text) { return this.uvarint(Buffer.byteLength(text) + 1).raw(Buffer.from(text)); }
  compactBytes(bytes) { return this.uvarint(bytes.length + 1).raw(bytes); }
  /** An array with four bytes of length. */
  array(items, write) { this.i32(items.length); items.forEach((item) => write(this, item)); return this; }
  compactArray(items, write) { this.uvarint(items.length + 1); items.forEach((item) => write(this, item)); return this; }
  /** No tagged fields. */
  tags() { return this.uvarint(0); }
  bytes() { return Buffer.concat(this.#parts); }

  #put(length, write) {
    const part = Buffer.alloc(length);
    write(part);
    this.#parts.push(part);
    return this;
  }
}

/** Reads what Writer writes. */
export class Reader {
  at = 0;
  constructor(bytes) { this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length); }

  i8() { return this.buffer.readInt8(this.#skip(1)); }
  i16() { return this.buffer.readInt16BE(this.#skip(2)); }
  i32() { return this.buffer.readInt32BE(this.#skip(4)); }
  i64() { return this.buffer.readBigInt64BE(this.#skip(8)); }
  raw(length) { const at = this.#skip(length); return this.buffer.subarray(at, at + length); }
  string() { const length = this.i16(); return length < 0 ? null : this.raw(length).toString(); }
  uvarint() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer.readUInt8(this.#skip(1));
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }
  compactBytes() { const length = this.uvarint(); return length === 0 ? null : this.raw(length - 1); }
  compactString() { return this.compactBytes()?.toString() ?? null; }
  array(read) { return Array.from({ length: this.i32() }, () => read(this)); }
  compactArray(read) { return Array.from({ length: this.uvarint() - 1 }, () => read(this)); }
  tags() {
    for (let count = this.uvarint(); count > 0; count--) { this.uvarint(); this.raw(this.uvarint()); }
  }
  get left() { return this.buffer.length - this.at; }

  #skip(length) { this.at += length; return this.at - length; }
}

export const PRODUCE = 0, FETCH = 1, METADATA = 3, API_VERSIONS = 18, CREATE_TOPICS = 19;

/** A whole frame; `flexible` headers have tagged fields. */
export function frame(apiKey, version, correlationId, body, flexible) {
  const header = new Writer().i16(apiKey).i16(version).i32(correlationId).string('test');
  if (flexible) header.tags();
  const payload = Buffer.concat([header.bytes(), body.bytes()]);
  return Buffer.concat([new Writer().i32(payload.length).bytes(), payload]);
}

export const apiVersions0 = (id) => frame(API_VERSIONS, 0, id, new Writer(), false);
export const apiVersions3 = (id) =>
  frame(API_VERSIONS, 3, id, new Writer().compactString('test').compactString('1').tags(), true);
export const createTopic4 = (id, name, partitions) =>
  frame(CREATE_TOPICS, 4, id, new Writer()
    .array([name], (w) => w.string(name).i32(partitions).i16(1).array([]).array([])).i32(10_000).i8(0), false);
export const metadata5 = (id, topics) =>
  frame(METADATA, 5, id, new Writer().array(topics, (w, topic) => w.string(topic)).i8(0), false);
export const produce9 = (id, topic, partition, records, acks = -1) =>
  frame(PRODUCE, 9, id, new Writer().uvarint(0).i16(acks).i32(10_000)
    .compactArray([topic], (w) => w.compactString(topic)
      .compactArray([partition], (w) => w.i32(partition).compactBytes(records).tags()).tags()).tags(), true);
export const fetch12 = (id, topic, partition, offset, { maxWait = 0, maxBytes = 1 << 20 } = {}) =>
  frame(FETCH, 12, id, new Writer().i32(-1).i32(maxWait).i32(1).i32(maxBytes).i8(0).i32(0).i32(-1)
    .compactArray([topic], (w) => w.compactString(topic)
      .compactArray([partition], (w) => w.i32(partition).i32(-1).i64(offset).i32(-1).i64(-1).i32(maxBytes).tags())
      .tags())
    .compactArray([]).compactString('').tags(), true);

/** An uncompressed v2 batch with one record for each value. */
export function batch(values, timestamp = 1_700_000_000_000) {
  const records = new Writer();
  values.forEach((value, delta) => {
    const record = new Writer().i8(0).varint(0).varint(delta).varint(-1)
      .varint(Buffer.byteLength(value)).raw(Buffer.from(value)).varint(0).bytes();
    records.varint(record.length).raw(record);
  });
  const covered = new Writer().i16(0).i32(values.length - 1).i64(timestamp).i64(timestamp)
    .i64(-1).i16(-1).i32(-1).i32(values.length).raw(records.bytes()).bytes();
  const rest = new Writer().i32(-1).i8(2).u32(crc32c(covered)).raw(covered).bytes();
  return new Writer().i64(0).i32(rest.length).raw(rest).bytes();
}

/** A batch's part that no broker may touch: everything but base offset and leader epoch. */
export const untouched = (bytes) => Buffer.concat([bytes.subarray(8, 12), bytes.subarray(16)]);

function crc32c(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** Checks that nothing is left of an answer. */
function whole(reader, value) {
  if (reader.left !== 0) throw new Error(`${reader.left} bytes are left of an answer`);
  return value;
}

export function readApiVersions0(bytes) {
  const r = new Reader(bytes);
  const answer = { id: r.i32(), error: r.i16(), apis: r.array((r) => [r.i16(), r.i16(), r.i16()]) };
  return whole(r, answer);
}
export function readApiVersions3(bytes) {
  const r = new Reader(bytes);
  const answer = {
    id: r.i32(), error: r.i16(),
    apis: r.compactArray((r) => { const api = [r.i16(), r.i16(), r.i16()]; r.tags(); return api; }),
    throttle: r.i32(),
  };
  r.tags();
  return whole(r, answer);
}
export function readCreateTopics4(bytes) {
  const r = new Reader(bytes);
  const answer = {
    id: r.i32(), throttle: r.i32(),
    topics: r.array((r) => ({ name: r.string(), error: r.i16(), message: r.string() })),
  };
  return whole(r, answer);
}
export function readMetadata5(bytes) {
  const r = new Reader(bytes);
  const ints = (r) => r.array((r) => r.i32());
  const answer = {
    id: r.i32(), throttle: r.i32(),
    brokers: r.array((r) => ({ id: r.i32(), host: r.string(), port: r.i32(), rack: r.string() })),
    clusterId: r.string(), controller: r.i32(),
    topics: r.array((r) => ({
      error: r.i16(), name: r.string(), internal: r.i8(),
      partitions: r.array((r) => ({
        error: r.i16(), index: r.i32(), leader: r.i32(), replicas: ints(r), isr: ints(r), offline: ints(r),
      })),
    })),
  };
  return whole(r, answer);
}
export function readProduce9(bytes) {
  const r = new Reader(bytes);
  const id = r.i32();
  r.tags();
  const topics = r.compactArray((r) => {
    const topic = { name: r.compactString() };
    topic.partitions = r.compactArray((r) => {
      const partition = {
        index: r.i32(), error: r.i16(), baseOffset: r.i64(), logAppendTime: r.i64(), logStart: r.i64(),
        errors: r.compactArray((r) => { const error = [r.i32(), r.compactString()]; r.tags(); return error; }),
        message: r.compactString(),
      };
      r.tags();
      return partition;
    });
    r.tags();
    return topic;
  });
  const throttle = r.i32();
  r.tags();
  return whole(r, { id, topics, throttle });
}
export function readFetch12(bytes) {
  const r = new Reader(bytes);
  const id = r.i32();
  r.tags();
  const answer = { id, throttle: r.i32(), error: r.i16(), session: r.i32() };
  answer.topics = r.compactArray((r) => {
    const topic = { name: r.compactString() };
    topic.partitions = r.compactArray((r) => {
      const partition = { index: r.i32(), error: r.i16(), highWatermark: r.i64(), lastStable: r.i64(), logStart: r.i64() };
      const aborted = r.uvarint();
      if (aborted > 1) throw new Error('no transaction was aborted here');
      Object.assign(partition, { preferred: r.i32(), records: r.compactBytes() });
      r.tags();
      return partition;
    });
    r.tags();
    return topic;
  });
  r.tags();
  return whole(r, answer);
}

/** Cuts a stream of pieces into the payloads of its frames. */
export class Frames {
  #connection;
  #rest = Buffer.alloc(0);
  constructor(connection) { this.#connection = connection; }

  /** The next frame without its length. */
  async next() {
    while (this.#rest.length < 4 || this.#rest.length < 4 + this.#rest.readInt32BE()) {
      const piece = await this.#connection.read();
      if (piece === null) throw new Error(`the connection ended: ${this.#connection.closeReason}`);
      this.#rest = Buffer.concat([this.#rest, piece]);
    }
    const end = 4 + this.#rest.readInt32BE();
    const payload = this.#rest.subarray(4, end);
    this.#rest = this.#rest.subarray(end);
    return payload;
  }
}
