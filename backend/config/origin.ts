/** Where a setting came from. `demo`: what `npm start` asks for where the file says nothing; `unset`: there is none. */
export type Origin =
  | { readonly from: 'default' | 'demo' | 'unset' }
  /** The file's path, the variable's name, or the path of keys.json. */
  | { readonly from: 'file' | 'environment' | 'keys'; readonly name: string };
