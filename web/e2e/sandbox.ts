import { expect } from 'vitest';
import { binary, ready, run } from './process';

/** Seen is one thing that a pretend service took: a message on a phone, a payment. */
export interface Seen {
  Service: string;
  ID: string;
  Status: string;
  To: string;
  Text: string;
  Link: string;
  File: string;
}

/** Sandbox is `hub sandbox`: WhatsApp and Razorpay with one person at the other end. */
export interface Sandbox {
  url: string;
  phone: (what: RegExp) => Promise<Seen>; // waits for a message whose words fit
  read: (message: Seen) => Promise<void>; // the person opens it
  output: () => string;
  stop: () => Promise<unknown>;
}

/**
 * startSandbox starts the pretend services of one organisation. Its port is chosen before the hub starts, which calls only
 * the hosts that it was started with.
 */
export async function startSandbox(port: number, hooks: string): Promise<Sandbox> {
  const path = binary('hub');
  if (!path) throw new Error('bin/hub is not built');
  const url = `http://127.0.0.1:${port}`;
  const process = run(path, ['sandbox', '--listen', `127.0.0.1:${port}`, '--hooks', hooks]);
  await ready(`${url}/received`, process);
  return {
    url,
    phone: async (what) => {
      let found: Seen | undefined;
      const look = async (): Promise<boolean> => {
        const all = (await (await fetch(`${url}/received`)).json()) as Seen[] | null;
        found = all?.findLast((m) => what.test(m.Text));
        return found !== undefined;
      };
      await expect.poll(look, { timeout: 60_000, interval: 200, message: `a message like ${what}` }).toBe(true);
      return found ?? expect.fail('nothing came');
    },
    read: async (m) => {
      const r = await fetch(`${url}/whatsapp/phone/${m.ID}/read`, { method: 'POST' });
      expect(r.status).toBe(204);
    },
    output: () => process.output(),
    stop: () => process.stop(),
  };
}
