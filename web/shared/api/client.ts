import createClient, { type Client, type Middleware } from 'openapi-fetch';
import { OUT_OF_REACH, ProblemError, readProblem } from './problem';

/** newKey makes the key under which a create is done at most once. A form keeps its key until the create has answered. */
export function newKey(): string {
  return crypto.randomUUID();
}

export interface ClientOptions {
  baseUrl?: string;
  onSignedOut?: () => void; // the session has ended: the app shows the log-in
}

/** makeClient is the one way to the server: typed by its contract; every failure is thrown as a ProblemError. */
export function makeClient<Paths extends object>(options: ClientOptions = {}): Client<Paths, 'application/json'> {
  const client = createClient<Paths, 'application/json'>({
    baseUrl: options.baseUrl ?? '',
    credentials: 'same-origin',
  });
  const problems: Middleware = {
    async onResponse({ response, schemaPath }) {
      if (response.ok) return undefined;
      const body: unknown = await response.json().catch(() => null);
      const problem = readProblem(response.status, body);
      const wait = Number(response.headers.get('Retry-After'));
      if (wait > 0) problem.retryAfter = wait;
      if (response.status === 401 && !schemaPath.includes('/session')) options.onSignedOut?.();
      throw new ProblemError(problem);
    },
    onError({ error }) {
      return error instanceof ProblemError ? error : new ProblemError({ status: 0, code: OUT_OF_REACH });
    },
  };
  client.use(problems);
  return client;
}

/** must takes the data of an answer that cannot be empty. */
export async function must<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw new ProblemError({ status: 0, code: 'empty_answer' });
  return data;
}
