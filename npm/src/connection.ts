/** A client's connection to a broker in this process: bytes in, bytes out. */
import { OVER, WRITABLE, type Engine } from './engine.js';
import { LogboatError } from './errors.js';

/** A large piece is handed over in parts of this many bytes, so that a client waits where it is ahead of the broker. */
const PART_BYTES = 512 * 1024;

/**
 * A connection as a TCP socket would be one: a stream of bytes each way, cut anywhere, of frames of the Kafka protocol
 * (four bytes of length each). A client that does not read its answers is not listened to either.
 *
 * Close it when it is no longer needed: the broker remembers it until then.
 */
export class Connection implements AsyncIterable<Uint8Array> {
  readonly #engine: Engine;
  readonly #number: number;
  #waiting: (() => void)[] = [];
  #sent: Promise<unknown> = Promise.resolve();
  #read: Promise<unknown> = Promise.resolve();
  #reason: string | undefined;

  /** @internal */
  constructor(engine: Engine, host: string, port: number, clientHost: string) {
    this.#engine = engine;
    this.#number = engine.connect(host, port, clientHost, () => this.#woken());
  }

  /**
   * Sends bytes; leave them unchanged until it is done. Done when the broker has taken all of them, which is not before
   * earlier answers were read.
   *
   * @throws {@link LogboatError} `CLOSED` where the connection is over, `CRASHED` where the broker is.
   */
  send(bytes: Uint8Array): Promise<void> {
    const sent = this.#sent.then(() => this.#sendNow(bytes));
    this.#sent = sent.catch(() => {});
    return sent;
  }

  /**
   * The next bytes from the broker, as many as there are in one piece; they are yours. `null` when the connection is
   * over and everything was read.
   *
   * @throws {@link LogboatError} `CRASHED` where the broker is.
   */
  read(): Promise<Uint8Array | null> {
    const read = this.#read.then(() => this.#readNow());
    this.#read = read.catch(() => {});
    return read;
  }

  /** Why the broker closed the connection, in words, once {@link read} has said that it is over. */
  get closeReason(): string | undefined {
    return this.#reason;
  }

  /** Closes the connection. What was not read is lost; nothing waits any more. */
  async close(): Promise<void> {
    this.#engine.disconnect(this.#number);
    this.#woken();
  }

  /** Everything that {@link read} gives. Leaving the loop closes the connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let bytes = await this.read(); bytes !== null; bytes = await this.read()) yield bytes;
    } finally {
      await this.close();
    }
  }

  async #sendNow(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      for (let state = this.#state(); !(state & WRITABLE); state = this.#state()) {
        if (state & OVER) throw new LogboatError('CLOSED', this.#why());
        await this.#change();
      }
      this.#engine.receive(this.#number, bytes.subarray(at, at + PART_BYTES));
    }
  }

  async #readNow(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes = this.#engine.take(this.#number);
      if (bytes !== undefined) return bytes;
      if (this.#state() & OVER) {
        this.#reason ??= this.#engine.closeReason(this.#number);
        await this.close();
        return null;
      }
      await this.#change();
    }
  }

  #state(): number {
    return this.#engine.state(this.#number);
  }

  #why(): string {
    const reason = this.#reason ?? this.#engine.closeReason(this.#number);
    return reason === undefined ? 'the connection was closed' : `the broker closed the connection: ${reason}`;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #woken(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
