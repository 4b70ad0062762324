/** The package in Node: the module is read from the file beside this one. */
import { readFile } from 'node:fs/promises';
import { setLoader } from './loader.js';

setLoader(() => readFile(new URL('./logboat_bg.wasm', import.meta.url)));

export { Broker } from './broker.js';
export type { BrokerOptions, Clock, LogLevel } from './broker.js';
export { Connection } from './connection.js';
export { LogboatError } from './errors.js';
export type { LogboatErrorCode } from './errors.js';
