import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type ErrorComponentProps,
} from '@tanstack/react-router';
import { Fault } from '@jaanch/shared/ui/Notice';
import { Root } from './Root';

const rootRoute = createRootRoute({
  component: Root,
  notFoundComponent: () => null,
  errorComponent: ({ error, reset }: ErrorComponentProps) => (
    <div className="page">
      <Fault error={error} onRetry={reset} />
    </div>
  ),
});

const text = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : undefined);
const byLab = (s: Record<string, unknown>): { lab?: string | undefined } => ({ lab: text(s.lab) });

const routes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/',
    component: lazyRouteComponent(() => import('./pages/OverviewPage'), 'OverviewPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/labs',
    validateSearch: byLab,
    component: lazyRouteComponent(() => import('./pages/LabsPage'), 'LabsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/results',
    validateSearch: byLab,
    component: lazyRouteComponent(() => import('./pages/ResultsPage'), 'ResultsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/reports',
    validateSearch: byLab,
    component: lazyRouteComponent(() => import('./pages/ReportsPage'), 'ReportsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/conflicts',
    validateSearch: (
      s: Record<string, unknown>,
    ): { id?: string | undefined; state?: 'open' | 'auto' | 'resolved' | undefined } => ({
      id: text(s.id),
      state: (['open', 'auto', 'resolved'] as const).find((x) => x === s.state),
    }),
    component: lazyRouteComponent(() => import('./pages/ConflictsPage'), 'ConflictsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/messages',
    validateSearch: (
      s: Record<string, unknown>,
    ): { view?: 'queue' | 'talks' | undefined; contact?: string | undefined } => ({
      view: (['queue', 'talks'] as const).find((x) => x === s.view),
      contact: text(s.contact),
    }),
    component: lazyRouteComponent(() => import('./pages/MessagesPage'), 'MessagesPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/payments',
    component: lazyRouteComponent(() => import('./pages/PaymentsPage'), 'PaymentsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/outreach',
    validateSearch: (s: Record<string, unknown>): { view?: 'services' | 'ways' | 'words' | undefined } => ({
      view: (['services', 'ways', 'words'] as const).find((x) => x === s.view),
    }),
    component: lazyRouteComponent(() => import('./pages/OutreachPage'), 'OutreachPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/sync',
    component: lazyRouteComponent(() => import('./pages/SyncLogPage'), 'SyncLogPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/users',
    component: lazyRouteComponent(() => import('./pages/UsersPage'), 'UsersPage'),
  }),
] as const;

export const router = createRouter({ routeTree: rootRoute.addChildren([...routes]), defaultPreload: false });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
