import { makeClient } from '@jaanch/shared/api/client';
import type { components, paths } from '@jaanch/shared/api/hub.gen';
import { makeQueries } from '@jaanch/shared/ui/Provider';

/** S are the shapes of the hub's contract. */
export type S = components['schemas'];

/** queries is the cache of this page. */
export const queries = makeQueries();

/** api is the one way to the hub. */
export const api = makeClient<paths>({ onSignedOut: () => queries.setQueryData(['session'], null) });
