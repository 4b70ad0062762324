/**
 * One instance of the module with the broker in it, and the host's part around it: clock, timer, who is to be woken.
 *
 * Nothing here decides anything that a client sees. After a throw that was not foreseen the instance is never called
 * again: what a panic left behind may be torn.
 */
import makeGlue from 'logboat:glue';
import type { Broker as RawBroker } from '../gen/logboat_wasm.js';
import { LogboatError } from './errors.js';
import { loadModule } from './loader.js';

/** Bits of a connection's state, as the module has them. */
export const READABLE = 1;
export const WRITABLE = 2;
export const OVER = 4;

/** Where time is read: both in milliseconds. */
export interface EngineClock {
  monotonic(): number;
  wall(): number;
}

export interface EngineSettings {
  /** Keys and values in turn. */
  config: string[];
  seed: bigint;
  clock: EngineClock;
  /** Takes a line behind the first letter of its level. */
  log: (line: string) => void;
}

/** The longest time that a timer takes. */
const TIMER_MAX = 2 ** 31 - 1;

export class Engine {
  readonly #raw: RawBroker;
  readonly #memory: WebAssembly.Memory;
  readonly #panicMessage: () => string | undefined;
  readonly #clock: EngineClock;
  readonly #log: (line: string) => void;
  readonly #wake = new Map<number, () => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt: number | undefined;
  #crash: LogboatError | undefined;
  #closed = false;

  static async start(settings: EngineSettings): Promise<Engine> {
    const glue = makeGlue();
    const { memory } = await glue.default({ module_or_path: await loadModule() });
    const { config, seed, clock } = settings;
    let raw: RawBroker;
    try {
      raw = new glue.Broker(config, seed, clock.monotonic(), clock.wall());
    } catch (cause) {
      const crashed = cause instanceof WebAssembly.RuntimeError;
      const line = crashed ? glue.panicMessage() : (cause as Error).message;
      throw new LogboatError(crashed ? 'CRASHED' : 'CONFIG', line ?? String(cause), { cause });
    }
    return new Engine(raw, memory, glue.panicMessage, settings);
  }

  private constructor(
    raw: RawBroker,
    memory: WebAssembly.Memory,
    panicMessage: () => string | undefined,
    { clock, log }: EngineSettings,
  ) {
    this.#raw = raw;
    this.#memory = memory;
    this.#panicMessage = panicMessage;
    this.#clock = clock;
    this.#log = log;
    this.#call(() => {});
  }

  /** A new connection's number. `wake` is called whenever its state may have changed. */
  connect(host: string, port: number, clientHost: string, wake: () => void): number {
    if (this.#closed) throw closed();
    const connection = this.#call(() => this.#raw.connect(host, port, clientHost));
    this.#wake.set(connection, wake);
    return connection;
  }

  /** What can be done with a connection. */
  state(connection: number): number {
    return this.#closed ? OVER : this.#call(() => this.#raw.state(connection));
  }

  /** Hands over bytes of a client whose connection is writable; the module copies them. */
  receive(connection: number, bytes: Uint8Array): void {
    if (this.#closed) throw closed();
    this.#call(() => this.#raw.receive(connection, bytes, ...this.#now()));
  }

  /** The next bytes for a client, a copy of its own; `undefined` where there are none. */
  take(connection: number): Uint8Array | undefined {
    if (this.#closed) return undefined;
    return this.#call(() => {
      const length = this.#raw.take(connection, ...this.#now());
      // The memory may have grown: its buffer is looked up anew each time.
      return length === 0 ? undefined : new Uint8Array(this.#memory.buffer, this.#raw.output(), length).slice();
    });
  }

  /** Why the broker closed a connection, in words. */
  closeReason(connection: number): string | undefined {
    return this.#closed ? 'the broker was closed' : this.#call(() => this.#raw.closeReason(connection));
  }

  /** Forgets a connection. */
  disconnect(connection: number): void {
    if (!this.#wake.delete(connection) || this.#closed || this.#crash) return;
    this.#call(() => this.#raw.disconnect(connection, ...this.#now()));
  }

  /** Ends everything and gives the memory back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    if (!this.#crash) this.#raw.free();
    this.#wakeAll();
  }

  #now(): [instant: number, wall: number] {
    return [this.#clock.monotonic(), this.#clock.wall()];
  }

  /** Calls the module, and sees to what follows from it. */
  #call<T>(work: () => T): T {
    if (this.#crash) throw this.#crash;
    let result: T;
    const changed: number[] = [];
    const lines: string[] = [];
    try {
      result = work();
      for (let next = this.#raw.changed(); next !== 0; next = this.#raw.changed()) changed.push(next);
      for (let line = this.#raw.notice(); line !== undefined; line = this.#raw.notice()) lines.push(line);
      this.#arm(this.#raw.timeout());
    } catch (cause) {
      // Ordinary outcomes never throw.
      this.#crash = new LogboatError('CRASHED', this.#panicMessage() ?? String(cause), { cause });
      clearTimeout(this.#timer);
      this.#wakeAll();
      throw this.#crash;
    }
    for (const connection of changed) this.#wake.get(connection)?.();
    for (const line of lines) this.#log(line);
    return result;
  }

  #wakeAll(): void {
    for (const wake of this.#wake.values()) wake();
  }

  /** Sets the timer to the time that the module named. It keeps no process alive. */
  #arm(at: number | undefined): void {
    if (at === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    if (at === undefined) return;
    const delay = Math.min(Math.max(Math.ceil(at - this.#clock.monotonic()), 0), TIMER_MAX);
    this.#timer = setTimeout(() => {
      this.#timerAt = undefined;
      this.#call(() => this.#raw.turn(...this.#now()));
    }, delay);
    // In browsers it is a number, and nothing has to be kept alive.
    (this.#timer as { unref?: () => void }).unref?.();
  }
}

function closed(): LogboatError {
  return new LogboatError('CLOSED', 'the broker was closed');
}
