// The first page of each app must stay small: a lab's second PC is old, and its Wi-Fi is weak.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const LIMIT_KB = 260;
const root = new URL('..', import.meta.url).pathname;
let failed = false;
for (const app of ['edge', 'hub']) {
  const dist = join(root, app, 'dist');
  const html = await readFile(join(dist, 'index.html'), 'utf8').catch(() => null);
  if (html === null) continue;
  const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((m) => m[1]);
  let js = 0;
  for (const f of first) js += gzipSync(await readFile(join(dist, f))).length;
  let css = 0;
  for (const f of await readdir(join(dist, 'assets')))
    if (f.endsWith('.css')) css += gzipSync(await readFile(join(dist, 'assets', f))).length;
  const kb = js / 1024;
  console.log(
    `${app}: first page ${kb.toFixed(1)} KB of ${LIMIT_KB} KB script, ${(css / 1024).toFixed(1)} KB styles (gzip)`,
  );
  if (kb > LIMIT_KB) failed = true;
}
process.exitCode = failed ? 1 : 0;
