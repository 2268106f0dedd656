import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { edgeRules } from '@jaanch/shared/api/edge.rules.gen';
import { api, type S } from './api';

const Context = createContext<S['Session'] | null>(null);
export const SessionProvider = Context.Provider;

/** useSession is who works here now. It is only called inside the frame, where somebody is logged in. */
export function useSession(): S['Session'] {
  const s = useContext(Context);
  if (!s) throw new Error('useSession outside of a session');
  return s;
}

/** Operation is one call of the contract, by its name. */
export type Operation = keyof typeof edgeRules;

const open = ['person', 'public', 'first_run'];

/**
 * useCan tells whether the person may make a call, by the rule that stands in the contract; what they may not do stays
 * visible and says why it is off.
 */
export function useCan(): (operation: Operation) => boolean {
  const s = useSession();
  return (operation) => {
    const rule: string = edgeRules[operation];
    return open.includes(rule) || rule.split(' or ').some((r) => s.permissions.includes(r));
  };
}

/** useSessionQuery asks who is logged in; null when nobody is. */
export function useSessionQuery() {
  return useQuery({
    queryKey: ['session'],
    queryFn: async (): Promise<S['Session'] | null> => {
      const { data } = await api.GET('/api/v1/session');
      return data ?? null;
    },
    staleTime: Infinity,
  });
}
