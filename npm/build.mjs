// Builds the package: the module (cargo, wasm-bindgen), one file for each way to load it (esbuild), and the types (tsc).
//   node build.mjs            everything
//   node build.mjs --no-wasm  only what is written in TypeScript, with the module that is in gen/
// wasm-bindgen must be on the PATH in exactly the version of Cargo.lock. No wasm-opt: at -Oz (binaryen 132) it takes 9 %
// off the file and adds 8 % to what is left of it when it is compressed, which is how it travels.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = (command, args, env = {}) =>
  execFileSync(command, args, { cwd: at('..'), stdio: 'inherit', env: { ...process.env, ...env } });

if (!process.argv.includes('--no-wasm')) {
  const target = 'wasm32-unknown-unknown';
  const folder = process.env.CARGO_TARGET_DIR ?? 'target';
  // Messages of panics name source files: not by where this machine keeps them.
  const cargoHome = process.env.CARGO_HOME ?? `${homedir()}/.cargo`;
  const RUSTFLAGS = `--remap-path-prefix=${cargoHome}/registry/src=crates`;
  run('cargo', ['build', '--profile', 'wasm', '--target', target, '-p', 'logboat-wasm'], { RUSTFLAGS });
  run('wasm-bindgen', ['--target', 'web', '--omit-default-module-path', '--remove-name-section',
    '--remove-producers-section', '--out-dir', at('gen'), `${folder}/${target}/wasm/logboat_wasm.wasm`]);
}

// The glue that wasm-bindgen writes holds one instance in its own variables. As a function it gives as many as it is
// called: a broker has an instance, and so its memory, for itself, and a crash is nobody else's.
const glue = {
  name: 'glue',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^logboat:glue$/ }, ({ path }) => ({ path, namespace: 'glue' }));
    onLoad({ filter: /.*/, namespace: 'glue' }, async () => {
      const { outputFiles: [file] } = await build({
        entryPoints: [at('gen/logboat_wasm.js')], bundle: true, format: 'iife', globalName: 'glue', write: false,
      });
      return { contents: `export default function () {\n${file.text}\nreturn glue;\n}`, loader: 'js' };
    });
  },
};

await rm(at('dist'), { recursive: true, force: true });
await mkdir(at('dist'));
await copyFile(at('gen/logboat_wasm_bg.wasm'), at('dist/logboat_bg.wasm'));

const common = {
  entryPoints: [at('src/index.node.ts')], bundle: true, platform: 'node', target: 'node20', plugins: [glue],
  logLevel: 'warning',
};
await build({ ...common, format: 'esm', outfile: at('dist/index.node.js') });
await build({
  ...common, format: 'cjs', outfile: at('dist/index.node.cjs'), define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
});

run(process.execPath, [at('node_modules/typescript/bin/tsc'), '--project', here]);
// Types of what is not public are not shipped; and a file of CommonJS needs types of CommonJS.
for (const name of await readdir(at('dist'))) {
  if (!name.endsWith('.d.ts')) continue;
  if (['engine.d.ts', 'loader.d.ts'].includes(name)) {
    await rm(at(`dist/${name}`));
    continue;
  }
  const text = await readFile(at(`dist/${name}`), 'utf8');
  const cts = text.replaceAll(/(from ['"]\.\/[^'"]+)\.js(['"])/g, '$1.cjs$2');
  await writeFile(at(`dist/${name.replace(/\.d\.ts$/, '.d.cts')}`), cts);
}
