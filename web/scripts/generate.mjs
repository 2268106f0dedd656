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
  await write(`web/shared/api/${app}.rules.gen.ts`, await rules(source, app));
  const ast = await openapiTS(source, { alphabetize: true, immutable: false });
  const head = `// Code generated from docs/openapi-${app}.json by "npm run generate". DO NOT EDIT.\n\n`;
  const text = head + astToString(ast);
  await write(`web/shared/api/${app}.gen.ts`, text);
}

/** write puts a generated file in its place, or in a check tells whether it differs. */
async function write(path, text) {
  const target = new URL(path, root);
  if (!check) {
    await writeFile(target, text);
    console.log(fileURLToPath(target));
    return;
  }
  const now = existsSync(target) ? await readFile(target, 'utf8') : '';
  if (now !== text) {
    differs = true;
    console.error(`${fileURLToPath(target)} differs from its contract: run "npm run generate"`);
  }
}

/** rules lists who may call what, so that a screen switches off an action by the same rule that the server keeps. */
async function rules(source, app) {
  const doc = JSON.parse(await readFile(source, 'utf8'));
  const pairs = Object.values(doc.paths)
    .flatMap((path) => Object.values(path))
    .filter((o) => o.operationId)
    .map((o) => [o.operationId, o['x-rule'] ?? 'person'])
    .sort((a, b) => a[0].localeCompare(b[0]));
  const lines = pairs.map(([id, rule]) => `  ${JSON.stringify(id)}: ${JSON.stringify(rule)},`).join('\n');
  return `// Code generated from docs/openapi-${app}.json by "npm run generate". DO NOT EDIT.\n\n/** Which rule guards which operation. */\nexport const ${app}Rules = {\n${lines}\n} as const;\n`;
}

process.exitCode = differs ? 1 : 0;
