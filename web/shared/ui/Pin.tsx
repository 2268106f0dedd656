import { PinInput } from '@mantine/core';
import { useState } from 'react';

/** Pin takes six digits and acts at the sixth. It is emptied after each try, so that a wrong one is not corrected by guessing. */
export function Pin({ label, busy, onDone }: { label: string; busy: boolean; onDone: (pin: string) => void }) {
  const [value, setValue] = useState('');
  return (
    <div className="field">
      <span className="lab">{label}</span>
      <PinInput
        length={6}
        type="number"
        mask
        autoFocus
        disabled={busy}
        value={value}
        onChange={setValue}
        aria-label={label}
        onComplete={(pin) => {
          setValue('');
          onDone(pin);
        }}
      />
    </div>
  );
}
