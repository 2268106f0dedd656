// The lock file pins names, versions and hashes, and holds no download address: any mirror of the registry will do.
import { readFile } from 'node:fs/promises';

const lock = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'));
const bad = Object.entries(lock.packages).filter(([, p]) => /^https?:/.test(p.resolved ?? ''));
for (const [name] of bad) console.error(`package-lock.json: ${name} holds a download address`);
process.exitCode = bad.length > 0 ? 1 : 0;
