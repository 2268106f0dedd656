import i18next from 'i18next';
import { describe, expect, it, vi } from 'vitest';
import { backoff, openLive, readLive, type LiveEvent } from './live';
import { OUT_OF_REACH, problemOf, ProblemError, readProblem, sentence } from './problem';

describe('problems', () => {
  it('reads code, fields and data of a problem document', () => {
    const p = readProblem(409, {
      code: 'stale_record',
      fields: [{ field: 'patient.phone', code: 'changed' }],
      data: { version: '7' },
    });
    expect(p).toEqual({
      status: 409,
      code: 'stale_record',
      fields: { 'patient.phone': 'changed' },
      data: { version: '7' },
    });
  });
  it.each([null, 'text', 42, [], { code: 7 }])('makes a problem of anything: %j', (body) =>
    expect(readProblem(502, body)).toMatchObject({ status: 502, code: 'http_502' }),
  );
  it('says a known code in the words of the screen', () =>
    expect(sentence(readProblem(409, { code: 'stale_record', detail: 'x' }), i18next.t)).toContain('Somebody else'));
  it('names what the details of a problem name', () =>
    expect(
      sentence(
        readProblem(409, {
          code: 'qc_locked',
          data: { test: 'Potassium', instrument: 'Demo ISE', test_id: 'x', more: {} },
        }),
        i18next.t,
      ),
    ).toMatch(/^Potassium is locked by quality control on Demo ISE\./));
  it('falls back to the server’s safe sentence', () =>
    expect(sentence(readProblem(422, { code: 'brand_new', detail: 'The tube is too old.' }), i18next.t)).toBe(
      'The tube is too old.',
    ));
  it('takes anything thrown that is no answer for silence', () =>
    expect(problemOf(new TypeError('fetch')).code).toBe(OUT_OF_REACH));
  it('keeps the problem of an answer', () =>
    expect(problemOf(new ProblemError({ status: 403, code: 'forbidden' })).status).toBe(403));
});

class FakeSocket {
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((m: { data: string }) => void) | null = null;
  close = vi.fn();
}

describe('the live feed', () => {
  it('reads events and ignores what it does not know', () => {
    expect(readLive('{"seq":4,"touched":[{"entity":"result","id":"x"}]}')?.touched).toHaveLength(1);
    expect(readLive('{"type":"resync"}')?.resync).toBe(true);
    expect(readLive('not json')).toBeNull();
    expect(readLive('{"hello":1}')).toBeNull();
  });
  it('waits longer after each failure, but never long', () => {
    expect(backoff(0, () => 1)).toBe(500);
    expect(backoff(3, () => 1)).toBe(4000);
    expect(backoff(50, () => 1)).toBe(10_000);
    expect(backoff(50, () => 0)).toBe(0);
  });
  it('asks for everything anew whenever it opens: what was read before may have missed a change', () => {
    vi.useFakeTimers();
    const sockets: FakeSocket[] = [];
    const events: LiveEvent[] = [];
    const close = openLive({
      url: 'ws://x',
      onEvent: (e) => events.push(e),
      onState: () => undefined,
      random: () => 1,
      socket: () => {
        const s = new FakeSocket();
        sockets.push(s);
        return s as unknown as WebSocket;
      },
    });
    const anew = { seq: 0, touched: [], resync: true };
    expect(events).toEqual([]);
    sockets[0]?.onopen?.();
    expect(events).toEqual([anew]);
    sockets[0]?.onclose?.();
    vi.advanceTimersByTime(500);
    sockets[1]?.onopen?.();
    expect(events).toEqual([anew, anew]);
    close();
    sockets[1]?.onclose?.();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(2);
    vi.useRealTimers();
  });
});
