import i18next from 'i18next';
import { describe, expect, it } from 'vitest';
import { age, ageText } from './age';
import { code128 } from './code128';
import { align, looksNumeric, toNumber } from './decimal';
import { flagLook, isCritical, outOfRange } from './flags';
import { isLabNo, splitLabNo } from './labno';
import { group, inr, parseRupees, rupees } from './money';
import { scanEnd, scanKey, scanStart, type ScanState } from './scan';
import { ago, due, ms, span } from './when';

const t = i18next.t;

describe('money', () => {
  it.each([
    [0, '0'],
    [35_000, '350'],
    [149_000, '1,490'],
    [149_050, '1,490.50'],
    [10_000_000, '1,00,000'],
    [62_435_000, '6,24,350'],
    [1_234_567_890_05, '1,23,45,67,890.05'],
    [-6_000, '−60'],
  ])('writes %i paise as %s', (paise, text) => expect(rupees(paise)).toBe(text));

  it('writes both decimals where a column asks for them', () => expect(rupees(114_000, true)).toBe('1,140.00'));
  it('sets the sign of the rupee in front', () => expect(inr(149_000)).toBe('₹\u202f1,490'));
  it('groups by lakh and crore', () => expect(group('12345678')).toBe('1,23,45,678'));
  it.each([
    ['1,490', 149_000],
    ['₹ 350.5', 35_050],
    ['0.05', 5],
    ['', null],
    ['12.345', null],
    ['-5', null],
    ['abc', null],
  ])('reads %s', (text, paise) => expect(parseRupees(text)).toBe(paise));
});

describe('lab numbers', () => {
  it('cuts prefix, counter and check', () =>
    expect(splitLabNo('26325K701189')).toEqual({ prefix: '26325K7', counter: '0118', check: '9' }));
  it.each(['26325K70118', '26325k701189', 'P0008731', ''])('leaves %s alone', (text) =>
    expect(splitLabNo(text)).toBeNull(),
  );
  it('knows a typed one in either case', () => expect(isLabNo(' 26325k70121j ')).toBe(true));
});

describe('flags', () => {
  it('gives each flag a shape or letters besides its colour', () => {
    for (const code of ['H', 'L', 'HH', 'LL', 'A', 'AA', '?']) {
      const look = flagLook(code);
      expect(look?.letters, code).toBeTruthy();
      expect(i18next.exists(look?.label ?? ''), code).toBe(true);
    }
  });
  it('never invents one', () => {
    expect(flagLook('')).toBeNull();
    expect(flagLook('N')).toBeNull();
    expect(outOfRange(undefined)).toBe(false);
  });
  it('knows what needs a call', () => expect([isCritical('HH'), isCritical('H')]).toEqual([true, false]));
});

describe('decimals', () => {
  it('cuts at the point and keeps comparators', () => {
    expect(align('6.82')).toEqual({ left: '6', right: '.82', numeric: true });
    expect(align('<0.5')).toEqual({ left: '<0', right: '.5', numeric: true });
    expect(align('131')).toEqual({ left: '131', right: '', numeric: true });
  });
  it('leaves words whole', () => expect(align('Positive').numeric).toBe(false));
  it('never reads an empty value as zero', () => {
    expect(toNumber('')).toBeNull();
    expect(toNumber(undefined)).toBeNull();
    expect(toNumber('0')).toBe(0);
  });
  it('takes a comparator in a typed value', () =>
    expect([looksNumeric('>500'), looksNumeric('5,0')]).toEqual([true, false]));
});

describe('time in words', () => {
  const now = Date.UTC(2026, 10, 21, 5, 0);
  it('says how long', () => {
    expect(span(42_000, t)).toBe('42 s');
    expect(span(12 * 60_000, t)).toBe('12 min');
    expect(span(64 * 60_000, t)).toBe('1 h 04');
    expect(span(3 * 86_400_000, t)).toBe('3 d');
  });
  it('says just now, also for a clock that runs ahead', () => {
    expect(ago(now - 3_000, now, t)).toBe('just now');
    expect(ago(now + 60_000, now, t)).toBe('just now');
    expect(ago(now - 720_000, now, t)).toBe('12 min ago');
  });
  it('tells late from soon from calm', () => {
    expect(due(now - 22 * 60_000, now, t)).toEqual({ text: '22 min late', tone: 'late' });
    expect(due(now + 14 * 60_000, now, t)).toEqual({ text: 'in 14 min', tone: 'soon' });
    expect(due(now + 72 * 60_000, now, t)).toEqual({ text: 'in 1 h 12', tone: 'calm' });
  });
  it('reads no time out of the zero time', () => {
    expect(ms('0001-01-01T00:00:00Z')).toBeNull();
    expect(ms('nonsense')).toBeNull();
    expect(ms('2026-11-21T05:00:00Z')).toBe(now);
  });
});

describe('ages', () => {
  const on = new Date(2026, 10, 21);
  it.each([
    ['2026-11-12', '9 d'],
    ['2025-12-25', '10 m'],
    ['1974-03-14', '52 y'],
    ['2030-01-01', ''],
    ['nonsense', ''],
  ])('writes %s as %s', (born, text) => expect(age(born, on, t)).toBe(text));
  it('puts the server’s short form into words', () => expect(ageText('58 y', t)).toBe('58 y'));
  it('leaves an unknown form alone', () => expect(ageText('adult', t)).toBe('adult'));
});

describe('scanner', () => {
  const burst = (text: string, gap: number): ScanState => {
    let s = scanStart;
    [...text].forEach((c, i) => {
      s = scanKey(s, c, 1000 + i * gap);
    });
    return s;
  };
  it('knows a burst', () => expect(scanEnd(burst('26325K701189', 8), 1000 + 11 * 8 + 10)).toBe('26325K701189'));
  it('never takes a typist for a scanner', () =>
    expect(scanEnd(burst('26325K701189', 90), 1000 + 11 * 90 + 10)).toBeNull());
  it('ignores what was typed before a pause', () => {
    let s = burst('6.8', 8);
    [...'26325K701189'].forEach((c, i) => {
      s = scanKey(s, c, 5000 + i * 8);
    });
    expect(scanEnd(s, 5100)).toBe('26325K701189');
  });
  it('wants a length that no result has', () => expect(scanEnd(burst('6.8', 5), 1020)).toBeNull());
});

describe('code 128', () => {
  it('draws the known check symbol of a number', () => {
    // START C, 12, 34, check (105 + 12 + 2·34) mod 103 = 82, STOP
    expect(code128('1234')?.join('')).toBe('211232' + '112232' + '131123' + '121241' + '2331112');
  });
  it('changes to set B for letters', () => expect(code128('26325K701189')).not.toBeNull());
  it('has whole modules: 11 a symbol and 13 for the stop', () => {
    const widths = code128('26325K701189') ?? [];
    expect((widths.reduce((a, b) => a + b, 0) - 13) % 11).toBe(0);
  });
  it('refuses what it cannot write', () => expect(code128('जाँच')).toBeNull());
});
