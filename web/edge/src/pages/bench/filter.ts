import { useNavigate, useSearch } from '@tanstack/react-router';
import { useKept } from '@jaanch/shared/hooks/kept';

/** How a worklist may be looked at: sample by sample, test by test, or as a grid of samples and tests. */
export const views = ['sample', 'test', 'grid'] as const;
export type View = (typeof views)[number];

export const states = ['open', 'to_enter', 'held', 'released'] as const;

/** useChoose changes the section; it sticks on this PC. What was picked in another section is let go. */
export function useChoose(): (section: string) => void {
  const navigate = useNavigate();
  const { view } = useSearch({ from: '/bench' });
  const [, keep] = useKept<string>('bench.section', '');
  return (section) => {
    keep(section);
    void navigate({ to: '/bench', search: { section, view } });
  };
}

/** useFilter is what the address says about the list, and how to change a part of it. */
export function useFilter(section: string) {
  const navigate = useNavigate();
  const search = useSearch({ from: '/bench' });
  const [kept, keep] = useKept<View>('bench.view', 'sample');
  const view: View = search.sample ? 'sample' : (search.view ?? kept);
  const state = search.state ?? (search.sample ? 'all' : 'open');
  const department = section && section !== '*' ? { department: section } : {};
  const instrument = search.instrument ? { instrument: search.instrument } : {};
  return {
    search,
    view,
    state,
    narrow: { state, ...department, ...instrument },
    query: {
      state,
      ...department,
      ...instrument,
      ...(search.sample ? { sample: search.sample } : {}),
      ...(search.pick && view !== 'sample' ? { pick: search.pick } : {}),
    },
    set: (change: Partial<typeof search>): void => {
      if (change.view) keep(change.view);
      void navigate({ to: '/bench', search: { ...search, sample: undefined, row: undefined, section, ...change } });
    },
  };
}
