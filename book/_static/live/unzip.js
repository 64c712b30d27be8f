// The files of a zip archive (a wheel is one), decompressed by the browser itself, which does so
// while the interpreter starts. Sizes stand in the central directory at the archive's end.

const END = 0x06054b50;
const ENTRY = 0x02014b50;

/**
 * @param {Uint8Array} bytes the archive
 * @param {(name: string) => boolean} wanted
 * @returns {Promise<Map<string, Uint8Array>>} contents by name
 */
export async function unzip(bytes, wanted = () => true) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new Error("not a zip archive, or one that broke off");
  const decoder = new TextDecoder();
  const files = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    if (view.getUint32(at, true) !== ENTRY) throw new Error("a damaged zip archive");
    const [nameLength, extra, comment] = [28, 30, 32].map((k) => view.getUint16(at + k, true));
    const name = decoder.decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (!name.endsWith("/") && wanted(name)) {
      const local = view.getUint32(at + 42, true);
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const packed = bytes.subarray(start, start + view.getUint32(at + 20, true));
      files.push([name, view.getUint16(at + 10, true) === 0 ? packed : inflated(packed)]);
    }
    at += 46 + nameLength + extra + comment;
  }
  return new Map(await Promise.all(files.map(async ([name, data]) => [name, await data])));
}

async function inflated(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
