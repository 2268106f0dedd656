import { binary, freePort, once, ready, run, tempDir, type Running } from './process';

/** Hub is a real hub on a private Postgres in a folder of its own. Its address and data stay when it is killed. */
export interface Hub {
  url: string;
  owner: { login: string; password: string };
  org: string;
  lab: string;
  enrolCode: () => Promise<string>;
  kill: () => Promise<void>;
  start: () => Promise<void>;
  output: () => string;
  stop: () => Promise<void>;
}

/**
 * startHub starts `hub serve --private`, and makes an organisation, a lab and an owner with the hub's own commands. env is
 * its configuration beyond that.
 */
export async function startHub(names: { org: string; lab: string }, env: Record<string, string> = {}): Promise<Hub> {
  const path = binary('hub');
  if (!path) throw new Error('bin/hub is not built');
  const dir = await tempDir('hub');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const owner = { login: 'owner', password: 'owner-sees-all-labs' };
  const command = async (args: string[], input = ''): Promise<string> =>
    (await once(path, ['--private', dir.path, ...args], { input })).trim();
  let process: Running;
  const start = async (): Promise<void> => {
    process = run(path, ['serve', '--private', dir.path, '--listen', `127.0.0.1:${port}`], env);
    await ready(`${url}/api/v1/ready`, process);
  };
  await start();
  const org = await command(['tenant', 'add-org', names.org]);
  const lab = await command(['tenant', 'add-lab', '--org', org, names.lab]);
  await command(
    ['user', 'add', '--org', org, '--login', owner.login, '--name', 'Lab Owner', '--role', 'owner'],
    `${owner.password}\n`,
  );
  return {
    url,
    owner,
    org,
    lab,
    start,
    enrolCode: () => command(['enroll-code', '--org', org, '--lab', lab]),
    kill: async () => {
      await process.stop('SIGKILL');
    },
    output: () => process.output(),
    stop: async () => {
      await process.stop();
      await dir.remove();
    },
  };
}
