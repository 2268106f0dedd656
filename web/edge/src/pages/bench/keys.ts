import { walk, type SheetKey, type SheetLine, type Way } from '@jaanch/shared/lab/sheet';
import type { KeyboardEvent } from 'react';
import type { View } from './filter';
import type { Entry } from './useEntry';

/** leads names what a key means in a cell; null where it belongs to the text. */
export function leads(e: KeyboardEvent, view: View): SheetKey | 'undo' | null {
  if (e.ctrlKey || e.metaKey || e.altKey) return null;
  switch (e.key) {
    case 'ArrowDown':
      return 'down';
    case 'ArrowUp':
      return 'up';
    case 'ArrowLeft':
      return view === 'grid' && atEdge(e.target, 'start') ? 'left' : null;
    case 'ArrowRight':
      return view === 'grid' && atEdge(e.target, 'end') ? 'right' : null;
    case 'Enter':
      return 'accept';
    case 'Tab':
      return e.shiftKey ? 'prevEmpty' : 'nextEmpty';
    case 'Escape':
      return 'undo';
    default:
      return null;
  }
}

/** atEdge tells whether an arrow would leave the text: everything is marked, or the caret stands at that end. */
function atEdge(target: EventTarget, edge: 'start' | 'end'): boolean {
  if (!(target instanceof HTMLInputElement)) return true;
  const { selectionStart: a, selectionEnd: b, value } = target;
  if (a === 0 && b === value.length) return true;
  return a === b && (edge === 'start' ? a === 0 : a === value.length);
}

/** movesOf moves the cursor: over the lines and columns of the grid, else up and down the list. */
export function movesOf(view: View, lines: readonly SheetLine[], way: Way, entry: Entry): (key: SheetKey) => void {
  return (key) => {
    if (view === 'grid') {
      const id = walk(lines, entry.active, key, way);
      if (id !== null) entry.act({ type: 'go', id });
    } else if (key !== 'left' && key !== 'right') entry.act({ type: key });
  };
}
