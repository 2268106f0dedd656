/** What the live feed says: up to which journal position, and which records were touched. Never any values. */
export interface LiveEvent {
  seq: number;
  touched: { entity: string; id: string }[];
  resync?: boolean; // something was missed: fetch everything that is shown
}

export type LiveState = 'connecting' | 'open' | 'lost';

export interface LiveOptions {
  url: string;
  onEvent: (e: LiveEvent) => void;
  onState: (s: LiveState) => void;
  socket?: (url: string) => WebSocket;
  random?: () => number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** backoff is the wait before the n-th new try, with full jitter, so that a lab's browsers do not all come back at once. */
export function backoff(n: number, random: () => number): number {
  return Math.round(random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(n, 10)));
}

/** readLive reads one message; null for what is not an event, so that a newer server cannot break an older page. */
export function readLive(text: string): LiveEvent | null {
  try {
    const raw = JSON.parse(text) as Partial<LiveEvent> & { type?: string };
    const touched = Array.isArray(raw.touched) ? raw.touched : [];
    const resync = raw.resync === true || raw.type === 'resync';
    if (typeof raw.seq !== 'number' && !resync) return null;
    return { seq: raw.seq ?? 0, touched, ...(resync ? { resync } : {}) };
  } catch {
    return null;
  }
}

/**
 * openLive keeps one websocket open until the returned function is called. Whenever it opens, the first time too, what is
 * shown is fetched again: a page that was read before the feed began could have missed a change in between, and would
 * show it only at the next one.
 */
export function openLive(o: LiveOptions): () => void {
  const make = o.socket ?? ((url: string) => new WebSocket(url));
  const random = o.random ?? Math.random;
  let closed = false;
  let tries = 0;
  let ws: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const connect = (): void => {
    o.onState('connecting');
    ws = make(o.url);
    ws.onopen = () => {
      tries = 0;
      o.onState('open');
      o.onEvent({ seq: 0, touched: [], resync: true });
    };
    ws.onmessage = (m: MessageEvent) => {
      const e = typeof m.data === 'string' ? readLive(m.data) : null;
      if (e) o.onEvent(e);
    };
    ws.onclose = () => {
      if (closed) return;
      o.onState('lost');
      timer = setTimeout(connect, backoff(tries, random));
      tries += 1;
    };
  };
  connect();
  return () => {
    closed = true;
    clearTimeout(timer);
    ws?.close();
  };
}

/** liveURL is the feed's address on the server that served the page. */
export function liveURL(path: string, from: Location): string {
  return `${from.protocol === 'https:' ? 'wss' : 'ws'}://${from.host}${path}`;
}
