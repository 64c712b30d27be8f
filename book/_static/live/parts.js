// Files that the worker needs: fetched once, counted as they come, kept in the browser's cache by
// version and checked for their length, so that a download that broke off is an error here and is
// never kept.

export const CACHE = "bn-live";
// The browser's own: the worker puts another in its place for Pyodide.
const fetch = globalThis.fetch.bind(globalThis);

/** @typedef {{name: string, url: string, size: number, label: string}} Part */

export class Parts {
  #fail;

  /** @param {(loaded: number, total: number, label: string) => void} onProgress */
  constructor(onProgress) {
    this.onProgress = onProgress;
    this.loaded = 0;
    this.total = 0;
    this.cache = globalThis.caches
      ? caches.open(CACHE).catch(() => null)
      : Promise.resolve(null);
    this.kept = [];
    // Rejects when a download breaks off.
    this.broken = new Promise((_, reject) => (this.#fail = reject));
    this.broken.catch(() => {});
  }

  /**
   * @param {Part} part
   * @returns {Promise<Response>} whose body fails where it has not the size that it should have
   */
  async response(part) {
    this.total += part.size;
    const cache = await this.cache;
    const found = await cache?.match(part.url).catch(() => null);
    const response = found ?? (await this.#asked(part));
    const [body, copy] = found || !cache ? [response.body] : response.body.tee();
    const counted = this.#counted(body, part);
    const headers = { "Content-Type": part.name.endsWith(".wasm") ? "application/wasm" : "" };
    if (copy) this.kept.push(this.#keep(cache, copy, part, headers));
    return new Response(counted, { headers });
  }

  /** @returns {Promise<Uint8Array>} */
  async bytes(part) {
    return new Uint8Array(await (await this.response(part)).arrayBuffer());
  }

  async #asked(part) {
    let response;
    try {
      response = await fetch(part.url);
    } catch (error) {
      throw new Error(`${part.label}: ${part.name} could not be loaded (${error.message})`);
    }
    if (!response.ok) {
      throw new Error(`${part.label}: the site has no ${part.name} (it answered ${response.status})`);
    }
    return response;
  }

  /** The body, its bytes counted; an end that comes too early is an error. */
  #counted(body, part) {
    const reader = body.getReader();
    let size = 0;
    return new ReadableStream({
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (done && size === part.size) return controller.close();
          if (done) throw new Error("connection closed");
          size += value.length;
          this.loaded += value.length;
          this.onProgress(this.loaded, this.total, part.label);
          controller.enqueue(value);
        } catch {
          const error = new Error(
            `${part.label}: the download of ${part.name} broke off after ${size} of ${part.size} bytes`);
          this.#fail(error);
          controller.error(error);
        }
      },
    });
  }

  // A full or forbidden storage costs time at the next visit, and nothing else.
  async #keep(cache, stream, part, headers) {
    try {
      const blob = await new Response(stream).blob();
      if (blob.size === part.size) await cache.put(part.url, new Response(blob, { headers }));
    } catch {
      await cache.delete(part.url).catch(() => {});
    }
  }

  /** Remove what other versions of the site have left. @param {string[]} addresses of this one's */
  async tidy(addresses) {
    const cache = await this.cache;
    await Promise.all(this.kept);
    const folder = (url) => url.slice(0, url.lastIndexOf("/"));
    const folders = new Set(addresses.map(folder));
    for (const { url } of (await cache?.keys()) ?? []) {
      if (folders.has(folder(url)) && !addresses.includes(url)) await cache.delete(url);
    }
  }
}
