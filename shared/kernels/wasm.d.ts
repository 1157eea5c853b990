declare module '*.wasm' {
  const module: import('./web-assembly.ts').Module;
  export default module;
}
