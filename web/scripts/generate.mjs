// Writes the types of both contracts. The contracts come from the binaries (`edge openapi`, `hub openapi`) and are committed
// under docs/; the test run fails when either file differs from what this script makes.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const root = new URL('../../', import.meta.url);
const check = process.argv.includes('--check');
let differs = false;

for (const app of ['edge', 'hub']) {
  const source = new URL(`docs/openapi-${app}.json`, root);
  if (!existsSync(source)) continue;
  const ast = await openapiTS(source, { alphabetize: true, immutable: false });
  const head = `// Code generated from docs/openapi-${app}.json by "npm run generate". DO NOT EDIT.\n\n`;
  const text = head + astToString(ast);
  const target = new URL(`web/shared/api/${app}.gen.ts`, root);
  if (check) {
    const now = existsSync(target) ? await readFile(target, 'utf8') : '';
    if (now !== text) {
      differs = true;
      console.error(`${fileURLToPath(target)} differs from its contract: run "npm run generate"`);
    }
  } else {
    await writeFile(target, text);
    console.log(fileURLToPath(target));
  }
}
process.exitCode = differs ? 1 : 0;
