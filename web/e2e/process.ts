import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** binary finds a built binary of the repository; null when it has not been built. */
export function binary(name: 'edge' | 'hub'): string | null {
  const path = new URL(`../../bin/${name}`, import.meta.url).pathname;
  return existsSync(path) ? path : null;
}

/** freePort asks the system for a port of loopback that nobody uses. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** tempDir makes a folder that the test owns. */
export async function tempDir(name: string): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `jaanch-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Running is one process of a journey with all it has said so far. */
export interface Running {
  output: () => string;
  stop: (signal?: NodeJS.Signals) => Promise<number | null>;
  exited: Promise<number | null>;
}

/** run starts a binary. It never outlives the test: it is ended when the test process ends. */
export function run(path: string, args: string[], env: Record<string, string> = {}): Running {
  const child: ChildProcess = spawn(path, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const keep = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const end = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', end);
  return {
    output: () => said,
    exited,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const code = await Promise.race([exited, after(10_000, null)]);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      process.off('exit', end);
      return code;
    },
  };
}

/** once runs a command to its end and gives what it printed; input is what it reads on standard input. */
export function once(path: string, args: string[], options: { input?: string } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(path, args, (failed, out, err) => {
      if (failed) reject(new Error(`${path} ${args.join(' ')} ended with ${failed.code}:\n${out}${err}`));
      else resolve(out);
    });
    child.stdin?.end(options.input ?? '');
  });
}

/** ready waits until an address answers, and fails at once when the process has ended. */
export async function ready(url: string, p: Running, withinMs = 60_000): Promise<void> {
  const until = Date.now() + withinMs;
  let ended: number | null | undefined;
  void p.exited.then((code) => {
    ended = code;
  });
  while (Date.now() < until) {
    if (ended !== undefined) throw new Error(`ended with ${ended} before ${url} answered:\n${p.output()}`);
    const ok = await fetch(url).then(
      (r) => r.ok,
      () => false,
    );
    if (ok) return;
    await after(100, undefined);
  }
  throw new Error(`${url} did not answer:\n${p.output()}`);
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms));
}
