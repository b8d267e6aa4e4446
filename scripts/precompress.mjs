// Puts a brotli and a gzip variant beside each file of a folder, where they are smaller.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = process.argv[2];
for (const name of readdirSync(folder, { recursive: true })) {
  const path = join(folder, name);
  if (!statSync(path).isFile() || /\.(br|gz|png)$/.test(name)) continue;
  const data = readFileSync(path);
  const variants = {
    br: brotliCompressSync(data, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
    }),
    gz: gzipSync(data, { level: 9 }),
  };
  for (const [ending, packed] of Object.entries(variants)) {
    if (packed.length < data.length) writeFileSync(`${path}.${ending}`, packed);
  }
}
