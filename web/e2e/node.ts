import { binary, freePort, ready, run, tempDir, type Running } from './process';

/** Node is a real node on ports of its own, with a data folder of its own. */
export interface Node {
  url: string;
  hl7: number;
  astm: number;
  dir: string;
  process: Running;
  logins: Record<string, { login: string; password: string }>;
  stop: () => Promise<void>;
}

/** startNode starts `edge serve --demo`. The demonstration log-ins are read from what it prints. */
export async function startNode(
  options: { hub?: string; args?: string[]; env?: Record<string, string> } = {},
): Promise<Node> {
  const edge = binary('edge');
  if (!edge) throw new Error('bin/edge is not built');
  const dir = await tempDir('node');
  const [http, tls, hl7, astm] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
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
    ...(options.hub ? ['--hub', options.hub] : []),
    ...(options.args ?? []),
  );
  const process = run(edge, args, options.env);
  const url = `http://127.0.0.1:${http}`;
  await ready(`${url}/api/v1/setup`, process);
  return {
    url,
    hl7,
    astm,
    dir: dir.path,
    process,
    logins: readLogins(process.output()),
    stop: async () => {
      await process.stop();
      await dir.remove();
    },
  };
}

/** readLogins finds "name … password" pairs of the demonstration in what a binary printed, whatever stands between them. */
export function readLogins(text: string): Record<string, { login: string; password: string }> {
  const found: Record<string, { login: string; password: string }> = {};
  for (const line of text.split('\n')) {
    const m = /\b(reception|tech|path|admin)\b\W+(?:.*?\bpassword\b\W+)?(\S{8,})\s*$/i.exec(line);
    const login = m?.[1]?.toLowerCase();
    if (login && m?.[2]) found[login] = { login, password: m[2] };
  }
  return found;
}
