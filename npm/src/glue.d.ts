/** Made by build.mjs out of what wasm-bindgen writes: each call gives a glue with room for one instance. */
declare module 'logboat:glue' {
  const makeGlue: () => typeof import('../gen/logboat_wasm.js');
  export default makeGlue;
}
