import type { ClipboardEvent } from 'react';
import { splitLabNo } from '../lab/labno';

/** LabNo shows an accession number with its counter in bold; a copy always takes the whole number, without any spaces. */
export function LabNo({ value }: { value: string }) {
  const parts = splitLabNo(value);
  const copy = (e: ClipboardEvent): void => {
    e.preventDefault();
    e.clipboardData.setData('text/plain', value);
  };
  return (
    <span className="labno" onCopy={copy} data-testid="labno">
      {parts ? (
        <>
          {parts.prefix}
          <b>{parts.counter}</b>
          {parts.check}
        </>
      ) : (
        <b>{value}</b>
      )}
    </span>
  );
}
