/** Messages is a tree of words. */
export interface Messages {
  [key: string]: string | Messages;
}

/** merge lays the words of one app over those of both, branch by branch. */
export function merge(base: Messages, own: Messages): Messages {
  const out: Messages = { ...base };
  for (const [k, v] of Object.entries(own)) {
    const b = out[k];
    out[k] = typeof b === 'object' && typeof v === 'object' ? merge(b, v) : v;
  }
  return out;
}
