// Checks the words of both apps: the same keys and the same placeholders in every language, no key used that does not
// exist, none kept that nobody uses, and no sentence written straight into a component.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const languages = ['en', 'hi'];
const problems = [];

const flat = (o, prefix = '') =>
  Object.entries(o).flatMap(([k, v]) => (typeof v === 'string' ? [[prefix + k, v]] : flat(v, `${prefix}${k}.`)));
const words = async (dir) =>
  Object.fromEntries(
    await Promise.all(
      languages.map(async (l) => [
        l,
        Object.fromEntries(flat(JSON.parse(await readFile(join(root, dir, `${l}.json`), 'utf8')))),
      ]),
    ),
  );
const holes = (text) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)]
    .map((m) => m[1])
    .sort()
    .join();

async function sources(dir) {
  const names = await readdir(join(root, dir), { recursive: true });
  const own = names.filter((n) => /\.tsx?$/.test(n) && !/\.(test|gen)\.tsx?$/.test(n) && !n.includes('node_modules'));
  return Promise.all(own.map(async (n) => [join(dir, n), await readFile(join(root, dir, n), 'utf8')]));
}

function sameKeys(name, sets) {
  for (const l of languages) {
    for (const [k, v] of Object.entries(sets.en)) {
      const other = sets[l][k];
      if (other === undefined) problems.push(`${name}/${l}: ${k} is missing`);
      else if (holes(other) !== holes(v)) problems.push(`${name}/${l}: ${k} has other placeholders`);
      else if (other.trim() === '') problems.push(`${name}/${l}: ${k} is empty`);
    }
    for (const k of Object.keys(sets[l])) if (sets.en[k] === undefined) problems.push(`${name}/${l}: ${k} is too much`);
  }
}

function check(files, known, used) {
  const has = (k) => k in known || `${k}_other` in known;
  const begins = (p) => Object.keys(known).some((k) => k.startsWith(p));
  for (const [file, text] of files) {
    for (const m of text.matchAll(/\bt\(\s*'([^']+)'/g)) {
      used.add(m[1]);
      if (!has(m[1])) problems.push(`${file}: no words for ${m[1]}`);
    }
    for (const m of text.matchAll(/\bt\(\s*`([^`$]+)\$\{/g)) {
      used.add(`${m[1]}*`);
      if (!begins(m[1])) problems.push(`${file}: no words begin with ${m[1]}`);
    }
    for (const m of text.matchAll(/'((?:age|flag|problem)\.\w+)'/g)) used.add(m[1]);
    // A capital letter and a small one between tags is a sentence that nobody can translate.
    for (const m of text.matchAll(/>\s*([A-Z][a-z]+(?: [a-z]+)*)\s*<\//g))
      problems.push(`${file}: "${m[1]}" is not translated`);
    for (const m of text.matchAll(/\s(?:title|aria-label|placeholder|label)="([A-Z][^"]*)"/g))
      problems.push(`${file}: "${m[1]}" is not translated`);
  }
}

const shared = await words('shared/i18n');
sameKeys('shared', shared);
const sharedFiles = await sources('shared');
const used = new Set();
const all = { ...shared.en };
for (const app of ['edge', 'hub']) {
  const own = await words(`${app}/src/i18n`);
  sameKeys(app, own);
  for (const k of Object.keys(own.en)) if (k in shared.en) problems.push(`${app}: ${k} stands in shared too`);
  check(await sources(`${app}/src`), { ...shared.en, ...own.en }, used);
  Object.assign(all, own.en);
}
check(sharedFiles, shared.en, used);
const isUsed = (k) => {
  const base = k.replace(/_(one|other)$/, '');
  return used.has(base) || [...used].some((u) => u.endsWith('*') && base.startsWith(u.slice(0, -1)));
};
for (const k of Object.keys(all)) if (!isUsed(k)) problems.push(`nobody uses ${k}`);

for (const p of problems) console.error(p);
console.log(`i18n: ${Object.keys(all).length} words in ${languages.length} languages, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
