import type { ReactNode } from 'react';

const names: Record<string, string> = {
  mod: 'Ctrl',
  alt: 'Alt',
  shift: 'Shift',
  Enter: '↵',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  ' ': 'Space',
};

/** keyText writes a key as it stands on a keyboard: "mod+Enter" → "Ctrl ↵". */
export function keyText(keys: string): string {
  return keys
    .split('+')
    .map((k) => names[k] ?? (k.length === 1 ? k.toUpperCase() : k))
    .join(' ');
}

/** Keys draws the cap of a key or of a chord. It repeats what a label says, so screen readers skip it. */
export function Keys({ keys }: { keys: string }) {
  return (
    <kbd className="kbd" aria-hidden="true">
      {keyText(keys)}
    </kbd>
  );
}

/** KeyHint is a key with what it does, for the foot of a screen. */
export function KeyHint({ keys, children }: { keys: string[]; children: ReactNode }) {
  return (
    <span className="keyhint">
      <span className="row" style={{ gap: 4 }}>
        {keys.map((k) => (
          <Keys key={k} keys={k} />
        ))}
      </span>
      {children}
    </span>
  );
}
