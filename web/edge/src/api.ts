import { makeClient } from '@jaanch/shared/api/client';
import type { components, paths } from '@jaanch/shared/api/edge.gen';
import { queries } from './queries';

/** S are the shapes of the node's contract. */
export type S = components['schemas'];

/** api is the one way to the node. A session that ended brings the log-in back; what was typed is kept as a draft. */
export const api = makeClient<paths>({
  onSignedOut: () => queries.setQueryData(['session'], null),
});
