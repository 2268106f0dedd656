/** Code 128 as bar widths, for labels on the screen. The paper label is drawn by the printer itself. */
const patterns =
  '212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232';
const STOP = '2331112';
const START_B = 104;
const START_C = 105;
const CODE_B = 100;

/** code128 gives the widths of bars and spaces in turn, a bar first; null when a character has no code. */
export function code128(text: string): number[] | null {
  const codes = encode(text);
  if (!codes) return null;
  const check = codes.reduce((sum, c, i) => sum + c * Math.max(1, i), 0) % 103;
  const widths = [...codes, check].map((c) => patterns.slice(c * 6, c * 6 + 6)).join('') + STOP;
  return [...widths].map(Number);
}

/** encode uses set C for a leading run of digit pairs, then set B: the shortest form of an accession number. */
function encode(text: string): number[] | null {
  if (!/^[ -~]+$/.test(text)) return null;
  const pairs = /^(?:\d\d)+/.exec(text)?.[0] ?? '';
  const head = pairs.length >= 4 ? pairs : '';
  const codes: number[] = [head ? START_C : START_B];
  for (let i = 0; i < head.length; i += 2) codes.push(Number(head.slice(i, i + 2)));
  const rest = text.slice(head.length);
  if (head && rest) codes.push(CODE_B);
  for (const ch of rest) codes.push(ch.charCodeAt(0) - 32);
  return codes;
}
