// The file that is shipped: what it asks of its host, and what it weighs.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const MOST_GZIPPED = 400 * 1024;

const bytes = await readFile(new URL('../dist/logboat_bg.wasm', import.meta.url));
const module = new WebAssembly.Module(bytes);

test('the module imports nothing but what its glue gives: no clock, no randomness, no output', () => {
  const imports = WebAssembly.Module.imports(module);
  assert.deepEqual([...new Set(imports.map(({ module }) => module))], ['./logboat_wasm_bg.js']);
  // Throwing, reading the strings of the configuration, and the table of JavaScript's values.
  const names = imports.map(({ name }) => name.replace(/_[0-9a-f]{16}$/, '')).sort();
  assert.deepEqual(names, [
    '__wbg_Error', '__wbg___wbindgen_string_get', '__wbg___wbindgen_throw', '__wbindgen_init_externref_table',
  ]);
});

test('the module is within its budget', (t) => {
  const gzipped = gzipSync(bytes, { level: 9 }).length;
  t.diagnostic(`module: ${bytes.length} bytes, ${gzipped} gzipped (at most ${MOST_GZIPPED})`);
  assert.ok(gzipped <= MOST_GZIPPED, `${gzipped} bytes`);
});
