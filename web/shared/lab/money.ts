/** Money is paise, an integer, everywhere; only these functions turn it into text or read it from a person. */

/** rupees writes paise with Indian grouping: 14900000 → "1,49,000". Paise stand only when there are any, or when asked for. */
export function rupees(paise: number, always = false): string {
  const sign = paise < 0 ? '−' : '';
  const abs = Math.abs(Math.trunc(paise));
  const whole = group(String(Math.floor(abs / 100)));
  const rest = abs % 100;
  return rest === 0 && !always ? `${sign}${whole}` : `${sign}${whole}.${String(rest).padStart(2, '0')}`;
}

/** inr is rupees with its sign in front: "₹ 1,490". */
export function inr(paise: number, always = false): string {
  return `₹\u202f${rupees(paise, always)}`;
}

/** group sets the commas of lakh and crore: three digits, then twos. */
export function group(digits: string): string {
  if (digits.length <= 3) return digits;
  const head = digits.slice(0, -3).replace(/\B(?=(\d{2})+(?!\d))/g, ',');
  return `${head},${digits.slice(-3)}`;
}

/** parseRupees reads what a person typed ("1,490", "350.5") as paise; null when it is not an amount. */
export function parseRupees(text: string): number | null {
  const clean = text.replace(/[\s,₹]/g, '');
  const m = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(clean);
  if (!m) return null;
  return Number(m[1]) * 100 + Number((m[2] ?? '').padEnd(2, '0'));
}
