import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { createContext, useContext } from 'react';
import { api, type S } from './api';

const Context = createContext<S['Me'] | null>(null);
export const SessionProvider = Context.Provider;

/** useMe is who looks at the hub now. */
export function useMe(): S['Me'] {
  const me = useContext(Context);
  if (!me) throw new Error('useMe outside of a session');
  return me;
}

/** useManages tells whether the person may change labs, nodes and users; others see them switched off. */
export function useManages(): boolean {
  const { role } = useMe();
  return role === 'owner' || role === 'admin';
}

/** useSessionQuery asks who is logged in; null when nobody is. */
export function useSessionQuery() {
  return useQuery({
    queryKey: ['session'],
    queryFn: async (): Promise<S['Me'] | null> => {
      try {
        return await must(api.GET('/api/v1/session'));
      } catch (err) {
        if (problemOf(err).status === 401) return null;
        throw err;
      }
    },
    staleTime: Infinity,
  });
}
