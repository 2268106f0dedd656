import { useQuery } from '@tanstack/react-query';
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
      const { data } = await api.GET('/api/v1/session');
      return data ?? null;
    },
    staleTime: Infinity,
  });
}
