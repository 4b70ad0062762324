/** The compiled module: loaded as the platform's entry file says, compiled once a process. */

type Loader = () => Promise<BufferSource>;

let loader: Loader | undefined;
let compiled: Promise<WebAssembly.Module> | undefined;

/** Says where the module's bytes come from. Every entry file calls it once. */
export function setLoader(load: Loader): void {
  loader = load;
}

/** The module. What failed once is tried again. */
export function loadModule(): Promise<WebAssembly.Module> {
  compiled ??= compile().catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  return compiled;
}

async function compile(): Promise<WebAssembly.Module> {
  if (loader === undefined) throw new Error('no loader was set: import the package by its entry');
  return WebAssembly.compile(await loader());
}
