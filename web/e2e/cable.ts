import { connect, createServer, type Socket } from 'node:net';

/** Cable is the lab's line to the internet: pulled out, nothing gets through and whoever calls is refused. */
export interface Cable {
  url: string;
  pull: () => void;
  plug: () => void;
  cut: () => Promise<void>; // for good
}

/** layCable leads a port of its own to an address of this machine, byte by byte. */
export async function layCable(to: string): Promise<Cable> {
  const target = new URL(to);
  const ends = new Set<Socket>();
  let plugged = true;
  const server = createServer((near) => {
    if (!plugged) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      end.on('error', () => undefined); // a cut line ends in errors; the close is what counts
      end.on('close', () => {
        ends.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (!address || typeof address !== 'object') throw new Error('the cable has no port');
  const pull = (): void => {
    plugged = false;
    for (const end of ends) end.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    pull,
    plug: () => {
      plugged = true;
    },
    cut: () => {
      pull();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
