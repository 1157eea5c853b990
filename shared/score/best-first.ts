/** Blocks that wait to be looked at, the one with the highest key first (a binary heap). */
export class BestFirst {
  #keys = new Float64Array(256);
  #blocks = new Uint32Array(256);
  #levels = new Uint8Array(256);
  #size = 0;

  /** Of the first block; −∞ where none waits. */
  get key(): number {
    return this.#size === 0 ? -Infinity : this.#keys[0];
  }
  get level(): number {
    return this.#levels[0];
  }
  get block(): number {
    return this.#blocks[0];
  }

  clear(): void {
    this.#size = 0;
  }

  push(key: number, level: number, block: number): void {
    if (this.#size === this.#keys.length) this.#grow();
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#keys[parent] >= key) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, key, level, block);
  }

  /** Takes the first block away. */
  pop(): void {
    const last = --this.#size;
    const key = this.#keys[last];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#keys[child + 1] > this.#keys[child]) child++;
      if (this.#keys[child] <= key) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, key, this.#levels[last], this.#blocks[last]);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#keys[from], this.#levels[from], this.#blocks[from]);
  }

  #put(at: number, key: number, level: number, block: number): void {
    this.#keys[at] = key;
    this.#levels[at] = level;
    this.#blocks[at] = block;
  }

  #grow(): void {
    const [keys, levels, blocks] = [this.#keys, this.#levels, this.#blocks];
    this.#keys = new Float64Array(2 * keys.length);
    this.#levels = new Uint8Array(2 * keys.length);
    this.#blocks = new Uint32Array(2 * keys.length);
    this.#keys.set(keys);
    this.#levels.set(levels);
    this.#blocks.set(blocks);
  }
}
