import { binary, freePort, ready, run, tempDir, type Running } from './process';

/** Node is a real node on ports of its own, with a data folder of its own. */
export interface Node {
  url: string;
  hl7: number;
  astm: number;
  printer: number;
  dir: string;
  process: Running;
  logins: Record<string, { login: string; password: string }>;
  restart: () => Promise<void>; // as after a power cut: the same folder, the same ports
  stop: () => Promise<void>;
}

/**
 * startNode starts `edge serve --demo`. The demonstration log-ins are read from what it prints. With restart the node is
 * started again on the same lab without --demo: it then approves nobody by itself, as a real one.
 */
export async function startNode(
  options: { hub?: string; args?: string[]; env?: Record<string, string>; restart?: boolean } = {},
): Promise<Node> {
  const edge = binary('edge');
  if (!edge) throw new Error('bin/edge is not built');
  const dir = await tempDir('node');
  const [http, tls, hl7, astm, printer] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const args = [
    'serve',
    '--demo',
    '--data',
    dir.path,
    '--listen',
    `127.0.0.1:${http}`,
    '--listen-tls',
    `127.0.0.1:${tls}`,
  ];
  args.push(
    '--hl7',
    `127.0.0.1:${hl7}`,
    '--astm',
    `127.0.0.1:${astm}`,
    '--demo-printer',
    `127.0.0.1:${printer}`,
    ...(options.hub ? ['--hub', options.hub] : []),
    ...(options.args ?? []),
  );
  let process = run(edge, args, options.env);
  const url = `http://127.0.0.1:${http}`;
  await ready(`${url}/api/v1/setup`, process);
  const logins = readLogins(process.output());
  if (options.restart) {
    await process.stop();
    const plain = args.filter((a, i) => a !== '--demo' && a !== '--demo-printer' && args[i - 1] !== '--demo-printer');
    process = run(edge, plain, options.env);
    await ready(`${url}/api/v1/setup`, process);
  }
  return {
    url,
    hl7,
    astm,
    printer,
    dir: dir.path,
    get process() {
      return process;
    },
    restart: async () => {
      await process.stop();
      process = run(edge, args, options.env);
      await ready(`${url}/api/v1/setup`, process);
    },
    logins,
    stop: async () => {
      await process.stop();
      await dir.remove();
    },
  };
}

/** readLogins reads the log-ins that a demonstration prints: one password for all, then one name a line. */
export function readLogins(text: string): Record<string, { login: string; password: string }> {
  const password = /Password of every login: (\S+?),/.exec(text)?.[1];
  if (!password) return {};
  const names = ['reception', 'collect', 'tech', 'path', 'manager', 'admin'];
  return Object.fromEntries(names.map((login) => [login, { login, password }]));
}
