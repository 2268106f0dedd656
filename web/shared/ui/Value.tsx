import { align } from '../lab/decimal';
import { outOfRange } from '../lab/flags';

/** Value sets a result so that decimal points stand under each other; what is out of range is bold. */
export function Value({ text, flag }: { text: string; flag?: string | null | undefined }) {
  const a = align(text);
  const out = outOfRange(flag) ? ' out' : '';
  if (!a.numeric) return <span className={`value text${out}`}>{text}</span>;
  return (
    <span className={`value${out}`}>
      <span>{a.left}</span>
      <span className="frac">{a.right}</span>
    </span>
  );
}
