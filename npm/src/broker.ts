/** A broker in this process. */
import { Connection } from './connection.js';
import { Engine } from './engine.js';

/** Where a broker reads time. */
export interface Clock {
  /** Milliseconds since some moment, never going back: what timeouts are measured with. */
  monotonic(): number;
  /** Milliseconds since 1970 (UTC): what records are stamped with. */
  wall(): number;
}

/** How urgent a line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** How a broker is to be. */
export interface BrokerOptions {
  /**
   * Kafka's keys, as in `server.properties`, laid over what Kafka's own file for a single node says. What the native
   * server refuses is refused here too.
   */
  config?: Readonly<Record<string, string | number | boolean>>;
  /** Where ids come from: the same seed, clock and input give the same bytes. Random unless given. */
  seed?: number | bigint;
  /** Where time is read: the system's clocks unless given. */
  clock?: Clock;
  /** Takes what a person should read. Nothing is printed without it. */
  log?: (level: LogLevel, line: string) => void;
}

const LEVELS: Readonly<Record<string, LogLevel>> = { D: 'debug', I: 'info', W: 'warn', E: 'error' };

/** What clients in this process are told to connect to; whoever carries their bytes leads them here anyway. */
const HOST = '127.0.0.1';
const PORT = 9092;
/** How such a client is shown, as Kafka shows addresses. */
const CLIENT_HOST = '/127.0.0.1';

const SYSTEM_CLOCK: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };

/**
 * A Kafka broker that keeps everything in memory.
 *
 * ```js
 * const broker = await Broker.create({ config: { 'num.partitions': 3 } });
 * const connection = await broker.connect();
 * await connection.send(request);
 * const answer = await connection.read();
 * await broker.close();
 * ```
 *
 * It has an instance of the WebAssembly module for itself. It keeps no process alive, not even one that waits for an
 * answer.
 */
export class Broker {
  readonly #engine: Engine;

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Starts an empty broker.
   *
   * @throws {@link LogboatError} `CONFIG` with one line that names the key, its value and what is allowed.
   */
  static async create(options: BrokerOptions = {}): Promise<Broker> {
    const { config = {}, seed = randomSeed(), clock = SYSTEM_CLOCK, log } = options;
    const engine = await Engine.start({
      config: Object.entries(config).flatMap(([key, value]) => [key, String(value)]),
      seed: BigInt(seed),
      clock,
      log: (line) => log?.(LEVELS[line.charAt(0)] ?? 'info', line.slice(1)),
    });
    return new Broker(engine);
  }

  /**
   * Connects a client.
   *
   * @throws {@link LogboatError} `CLOSED` or `CRASHED` where the broker is.
   */
  async connect(): Promise<Connection> {
    return new Connection(this.#engine, HOST, PORT, CLIENT_HOST);
  }

  /** Stops the broker, ends its connections and frees its memory, with everything that was kept in it. */
  async close(): Promise<void> {
    this.#engine.close();
  }
}

function randomSeed(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
}
