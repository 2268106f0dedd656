import i18next from 'i18next';
import { describe, expect, it } from 'vitest';
import type { S } from '../api';
import { initials } from '../frame/UserChip';
import { openPlaces } from '../frame/Root';
import { syncWords } from '../frame/SyncPill';
import { touchedKeys } from '../queries';
import { optionFor, toneOf } from './bench/entry';
import { steady } from './bench/steady';
import { upiLink } from './reception/BillStep';
import {
  blank,
  discountOf,
  emptyForm,
  fromQuery,
  isBlank,
  left,
  paise,
  patientInput,
  payments,
  registration,
  validForm,
} from './reception/draft';
import { fromKept, toKeep } from './reception/keeper';
import { rest } from './reception/SplitPay';
import { amendable } from './reports/AmendDialog';
import { heldRows, undecided } from './verify/Holds';

const potassium = {
  kind: 'numeric',
  decimals: 1,
  interval: { text: '3.5 – 5.1', low: '3.5', high: '5.1', crit_low: '2.8', crit_high: '6.2', missing: false },
} as const;

describe('what a typed value looks like before it is saved', () => {
  it.each([
    ['', 'none'],
    ['4.2', 'none'],
    ['5.1', 'none'],
    ['5.2', 'out'],
    ['6.2', 'out'],
    ['6.3', 'critical'],
    ['2.7', 'critical'],
    ['abc', 'bad'],
    ['6..8', 'bad'],
  ])('%s is %s', (text, tone) => expect(toneOf(text, potassium)).toBe(tone));
  it('does not judge words', () => expect(toneOf('Positive', { ...potassium, kind: 'text' })).toBe('none'));
  it('writes the choice for its key', () => {
    const row = {
      kind: 'option' as const,
      options: [
        { value: 'Negative', key: 'n' },
        { value: 'Positive', key: 'p' },
      ],
    };
    expect(optionFor('N', row)).toBe('Negative');
    expect(optionFor('x', row)).toBe('x');
  });
});

describe('rows that stay where they are', () => {
  const id = (x: string): string => x;
  it('shows all at first', () => expect(steady(['a', 'b'], id, [], false)).toEqual({ shown: ['a', 'b'], waiting: 0 }));
  it('holds new ones back and keeps the order', () =>
    expect(steady(['new', 'b', 'a'], id, ['a', 'b'], false)).toEqual({ shown: ['a', 'b'], waiting: 1 }));
  it('drops what is gone', () => expect(steady(['b'], id, ['a', 'b'], false)).toEqual({ shown: ['b'], waiting: 0 }));
});

describe('the desk', () => {
  const quote = {
    lines: [],
    notes: [],
    tubes: [{ container: 'edta', text: '', colour: '', specimen: '', tests: ['CBC'] }],
    total: { gross: 35_000, discount: 0, round_off: 0, net: 35_000, paid: 0, due: 35_000, earlier_due: 0 },
  } satisfies S['Quote'];
  it('begins a new person with what was searched', () => {
    expect(fromQuery('98600 27415')).toMatchObject({ phone: '98600 27415', name: '' });
    expect(fromQuery('Asha Sharma')).toMatchObject({ name: 'Asha Sharma', phone: '' });
  });
  it('names the first thing that is missing', () => {
    expect(validForm(emptyForm)).toBe('name');
    expect(validForm({ ...emptyForm, name: 'Asha', sex: 'F' })).toBe('age');
    expect(validForm({ ...emptyForm, name: 'Asha', sex: 'F', age: '31' })).toBeNull();
  });
  it('sends a birth date or an age, never both', () => {
    expect(patientInput({ ...emptyForm, name: ' Asha ', sex: 'F', age: '31', born: '1995-01-02' })).toEqual({
      name: 'Asha',
      sex: 'F',
      birth_date: '1995-01-02',
    });
    expect(patientInput({ ...emptyForm, name: 'Asha', sex: 'F', age: '9', unit: 'd' })).toEqual({
      name: 'Asha',
      sex: 'F',
      age_value: 9,
      age_unit: 'd',
    });
  });
  it('takes the whole amount, and says which total the person saw', () => {
    const r = registration({ ...blank(), form: { ...emptyForm, name: 'Asha', sex: 'F', age: '31' } }, quote);
    expect(r.bill).toEqual({ discount: {}, payments: [{ mode: 'cash', amount: 35_000 }], expected_total: 35_000 });
    expect(r.labels).toEqual([{ tube: 0, copies: 1 }]);
  });
  it('takes nothing when it is paid later', () =>
    expect(registration({ ...blank(), mode: 'later', form: emptyForm }, quote).bill.payments).toEqual([]));
  it('reads a discount only when it is a percentage', () => {
    expect(discountOf({ discount: '5', discountReason: '' })).toEqual({ percent: '5' });
    expect(discountOf({ discount: 'five', discountReason: '' })).toEqual({});
  });
  it('keeps one key for one visit', () => expect(blank().key).not.toBe(blank().key));
  it('writes what a UPI app reads', () =>
    expect(upiLink('lab@bank', 'Nirmal Path Lab', 149_000)).toBe(
      'upi://pay?pa=lab%40bank&pn=Nirmal%20Path%20Lab&am=1490.00&cu=INR',
    ));
});

describe('the connection in words', () => {
  const now = Date.UTC(2026, 10, 21, 6, 0);
  const base = {
    state: 'online',
    pending: 0,
    oldest_age_s: 0,
    skew_ms: 0,
    bytes_sent_today: 0,
    bytes_received_today: 0,
    conflicts: 0,
    acked_seq: 1,
    head_seq: 1,
  } as S['Sync'];
  it('says when all was sent', () =>
    expect(syncWords({ ...base, last_ok: new Date(now - 60_000).toISOString() }, now, i18next.t)).toMatchObject({
      text: 'Online',
      more: 'all sent 1 min ago',
    }));
  it('says since when and how much waits', () => {
    const w = syncWords(
      { ...base, state: 'offline', pending: 128, since: new Date(now - 60_000).toISOString() },
      now,
      i18next.t,
    );
    expect(w.text).toMatch(/^Offline since \d\d:\d\d$/);
    expect(w).toMatchObject({ more: '128 changes waiting', look: 'offline' });
  });
  it('is no alarm for a lab on its own', () =>
    expect(syncWords({ ...base, state: 'alone' }, now, i18next.t).look).toBe('ok'));
});

describe('what a live event makes stale', () => {
  it('refetches only the lists that show it', () => {
    const keys = touchedKeys({ seq: 1, touched: [{ entity: 'withdrawal', id: 'x' }] });
    expect(keys?.has('reports')).toBe(true);
    expect(keys?.has('worklist')).toBe(false);
  });
  it('refetches everything for a kind it does not know, and after a gap', () => {
    expect(touchedKeys({ seq: 1, touched: [{ entity: 'brand_new', id: 'x' }] })).toBeNull();
    expect(touchedKeys({ seq: 0, touched: [], resync: true })).toBeNull();
  });
});

describe('verify', () => {
  const row = (holds: { decision?: string }[], state = 'held') =>
    ({ item_id: Math.random().toString(), holds, state }) as unknown as S['Row'];
  const data = {
    panels: [
      {
        rows: [
          row([{}]),
          row([{ decision: 'accepted' }, {}]),
          row([{ decision: 'rerun' }]),
          row([], 'entered'),
          row([{}], 'released'),
        ],
      },
    ],
  } as unknown as S['Case'];
  it('lists what a person must look at', () => expect(heldRows(data)).toHaveLength(3));
  it('signs only when every hold of every row is decided', () => expect(undecided(data)).toBe(2));
});

it('makes initials without titles', () =>
  expect([initials('Dr Neha Kulkarni'), initials('Asha')]).toEqual(['NK', 'A']));

describe('the navigation', () => {
  const icon = (): null => null;
  const places = [
    { to: '/', label: 'Today', icon },
    { to: '/verify', label: 'Verify', icon, needs: ['verifyQueue' as const] },
    {
      to: '/setup',
      label: 'Set-up',
      icon,
      subs: [
        { to: '/setup', label: 'Lab', needs: ['changeLab' as const] },
        { to: '/setup/users', label: 'Users' },
      ],
    },
  ];
  it('leaves out what the role may not open, and leads to the first part that is open', () => {
    const shown = openPlaces(places, () => false);
    expect(shown.map((p) => p.to)).toEqual(['/', '/setup/users']);
    expect(shown[1]?.subs?.map((s) => s.label)).toEqual(['Users']);
  });
  it('shows all to who may open all', () =>
    expect(openPlaces(places, () => true).map((p) => p.to)).toEqual(['/', '/verify', '/setup']));
});

it('amends only what went out and was not calculated', () => {
  const row = (state: string, kind = 'numeric') => ({ state, kind }) as unknown as S['Row'];
  const data = {
    panels: [{ rows: [row('released'), row('released', 'calculated'), row('entered')] }],
  } as unknown as S['Case'];
  expect(amendable(data)).toHaveLength(1);
  expect(amendable(undefined)).toEqual([]);
});

describe('a visit that is kept while it is typed', () => {
  const typed = {
    ...blank(),
    form: { ...emptyForm, name: 'Asha Sh', phone: '98600' },
    items: [
      {
        kind: 'panel' as const,
        id: 'x',
        code: 'CBC',
        name: 'Blood count',
        price: 35_000,
        container: 'edta',
        colour: 'lavender',
        report_in_min: 120,
      },
    ],
    priority: 'urgent' as const,
    delivery: [],
    copies: { 1: 2 },
    mode: 'upi' as const,
    split: [{ mode: 'cash' as const, amount: '10', reference: '' }],
  };
  it('comes back as it was, half a phone number included', () => expect(fromKept(toKeep(typed), null)).toEqual(typed));
  it('keeps the key, so that a lost answer cannot register twice', () =>
    expect(fromKept(toKeep(typed), null).key).toBe(typed.key));
  it('is blank as long as nobody would miss it', () => {
    expect(isBlank({ ...blank(), form: emptyForm })).toBe(true);
    expect(isBlank({ ...blank(), priority: 'stat' })).toBe(true);
    expect(isBlank(typed)).toBe(false);
  });
});

describe('a bill paid in parts', () => {
  const part = (mode: 'cash' | 'upi', amount: string) => ({ mode, amount, reference: '' });
  it.each([
    ['500', 50_000],
    ['1,200.50', 120_050],
    ['0.5', 50],
    ['1.234', null],
    ['-5', null],
    ['x', null],
  ])('%s is %s paise', (text, n) => expect(paise(text)).toBe(n));
  it('fills the last part with what the others leave', () =>
    expect(rest([part('cash', '500'), part('upi', '')], 149_000)[1]?.amount).toBe('990'));
  it('leaves the last part alone when the others are too much', () =>
    expect(rest([part('cash', '2000'), part('upi', '1')], 149_000)[1]?.amount).toBe('1'));
  it('knows what stays due', () => {
    expect(left([part('cash', '500'), part('upi', '')], 149_000)).toBe(99_000);
    expect(left([part('cash', 'x')], 149_000)).toBeNull();
  });
  it('takes each part in its own way, and nothing for an empty one', () =>
    expect(payments({ mode: 'cash', reference: '', split: [part('cash', '500'), part('upi', '')] }, 149_000)).toEqual([
      { mode: 'cash', amount: 50_000 },
    ]));
  it('takes nothing later', () => expect(payments({ mode: 'later', reference: '', split: null }, 149_000)).toEqual([]));
  it('takes all in one way', () =>
    expect(payments({ mode: 'upi', reference: '4711', split: null }, 149_050)).toEqual([
      { mode: 'upi', amount: 149_050, reference: '4711' },
    ]));
});
