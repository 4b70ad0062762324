/** Errors of the package itself. What a broker answers over the protocol is never thrown. */

/**
 * Which kind of error it is.
 * - `CONFIG`: a key of the configuration is unknown, or its value not allowed.
 * - `CLOSED`: the connection or the broker is closed.
 * - `CRASHED`: the broker met a bug of its own. It is gone with everything in it; other brokers are not concerned.
 */
export type LogboatErrorCode = 'CONFIG' | 'CLOSED' | 'CRASHED';

/** What this package throws. */
export class LogboatError extends Error {
  override readonly name = 'LogboatError';
  /** Which kind of error it is. */
  readonly code: LogboatErrorCode;

  /** @internal */
  constructor(code: LogboatErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
