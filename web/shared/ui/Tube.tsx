/** Caps are colours of the real world, the same in both themes: people match the tube in their hand with the screen. */
const caps: Record<string, string> = {
  lavender: '#b08fd8',
  purple: '#b08fd8',
  yellow: '#e6bf45',
  gold: '#e6bf45',
  grey: '#9aa3ab',
  gray: '#9aa3ab',
  blue: '#7db4e6',
  green: '#6fb986',
  red: '#d9605f',
  black: '#3a3f45',
  white: '#f4f4f0',
  clear: '#f4f4f0',
};

/** Tube draws the tube in the colour of its cap; the words beside it say the rest. */
export function Tube({ colour, touch = false }: { colour: string; touch?: boolean }) {
  return (
    <span
      className={touch ? 'tube touch' : 'tube'}
      style={{ background: caps[colour] ?? '#dfe3e6' }}
      aria-hidden="true"
    />
  );
}
