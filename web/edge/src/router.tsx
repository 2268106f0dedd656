import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type ErrorComponentProps,
} from '@tanstack/react-router';
import { Fault } from '@jaanch/shared/ui/Notice';
import { Root } from './frame/Root';
import { NotFound } from './frame/NotFound';

/** Filters, sort and page stand in the address so that a screen can be shared; names, numbers and free text never do. */
const rootRoute = createRootRoute({
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }: ErrorComponentProps) => (
    <div className="page">
      <Fault error={error} onRetry={reset} />
    </div>
  ),
});

const text = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : undefined);
const one = <T extends string>(v: unknown, of: readonly T[]): T | undefined => of.find((x) => x === v);

const routes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/',
    component: lazyRouteComponent(() => import('./pages/today/TodayPage'), 'TodayPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/reception',
    validateSearch: (s: Record<string, unknown>): { patient?: string | undefined } => ({ patient: text(s.patient) }),
    component: lazyRouteComponent(() => import('./pages/reception/ReceptionPage'), 'ReceptionPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/reception/visits',
    validateSearch: (s: Record<string, unknown>): { state?: string | undefined; day?: string | undefined } => ({
      state: text(s.state),
      day: text(s.day),
    }),
    component: lazyRouteComponent(() => import('./pages/reception/VisitsPage'), 'VisitsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/reception/visits/$id',
    component: lazyRouteComponent(() => import('./pages/reception/VisitPage'), 'VisitPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/reception/patients/$id',
    component: lazyRouteComponent(() => import('./pages/reception/PatientPage'), 'PatientPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/collection',
    validateSearch: (s: Record<string, unknown>): { visit?: string | undefined } => ({ visit: text(s.visit) }),
    component: lazyRouteComponent(() => import('./pages/collection/CollectionPage'), 'CollectionPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/bench',
    validateSearch: (
      s: Record<string, unknown>,
    ): {
      section?: string | undefined;
      state?: 'open' | 'to_enter' | 'held' | 'released' | 'all' | undefined;
      instrument?: string | undefined;
      sample?: string | undefined;
      row?: string | undefined;
      view?: 'sample' | 'test' | 'grid' | undefined;
      pick?: string | undefined;
    } => ({
      section: text(s.section),
      state: one(s.state, ['open', 'to_enter', 'held', 'released', 'all']),
      instrument: text(s.instrument),
      sample: text(s.sample),
      row: text(s.row),
      view: one(s.view, ['sample', 'test', 'grid']),
      pick: text(s.pick),
    }),
    component: lazyRouteComponent(() => import('./pages/bench/WorklistPage'), 'WorklistPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/bench/receive',
    component: lazyRouteComponent(() => import('./pages/bench/ReceivePage'), 'ReceivePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/bench/load',
    validateSearch: (s: Record<string, unknown>): { instrument?: string | undefined } => ({
      instrument: text(s.instrument),
    }),
    component: lazyRouteComponent(() => import('./pages/bench/LoadPage'), 'LoadPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/bench/instruments',
    validateSearch: (
      s: Record<string, unknown>,
    ): { id?: string | undefined; message?: number | undefined; look?: 'orders' | undefined } => ({
      id: text(s.id),
      look: one(s.look, ['orders']),
      message: typeof s.message === 'number' ? s.message : undefined,
    }),
    component: lazyRouteComponent(() => import('./pages/bench/InstrumentsPage'), 'InstrumentsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/bench/unmatched',
    component: lazyRouteComponent(() => import('./pages/bench/UnmatchedPage'), 'UnmatchedPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/verify',
    validateSearch: (
      s: Record<string, unknown>,
    ): { show?: 'held' | 'all' | 'mine' | undefined; visit?: string | undefined } => ({
      show: one(s.show, ['held', 'all', 'mine']),
      visit: text(s.visit),
    }),
    component: lazyRouteComponent(() => import('./pages/verify/VerifyPage'), 'VerifyPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/quality',
    validateSearch: (
      s: Record<string, unknown>,
    ): { instrument?: string | undefined; test?: string | undefined; at?: string | undefined } => ({
      instrument: text(s.instrument),
      test: text(s.test),
      at: text(s.at),
    }),
    component: lazyRouteComponent(() => import('./pages/quality/QualityPage'), 'QualityPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/quality/controls',
    component: lazyRouteComponent(() => import('./pages/quality/ControlsPage'), 'ControlsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/reports',
    validateSearch: (s: Record<string, unknown>): { state?: string | undefined; id?: string | undefined } => ({
      state: text(s.state),
      id: text(s.id),
    }),
    component: lazyRouteComponent(() => import('./pages/reports/ReportsPage'), 'ReportsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/history/$entity/$id',
    component: lazyRouteComponent(() => import('./pages/history/HistoryPage'), 'HistoryPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/sync/conflicts',
    validateSearch: (
      s: Record<string, unknown>,
    ): { id?: string | undefined; state?: 'open' | 'auto' | 'resolved' | undefined } => ({
      id: text(s.id),
      state: one(s.state, ['open', 'auto', 'resolved']),
    }),
    component: lazyRouteComponent(() => import('./pages/sync/ConflictsPage'), 'ConflictsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/sync',
    component: lazyRouteComponent(() => import('./pages/sync/SyncPage'), 'SyncPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/setup',
    component: lazyRouteComponent(() => import('./pages/setup/LabPage'), 'LabPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/setup/users',
    component: lazyRouteComponent(() => import('./pages/setup/UsersPage'), 'UsersPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/setup/catalogue',
    component: lazyRouteComponent(() => import('./pages/setup/CataloguePage'), 'CataloguePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/setup/analyzers',
    component: lazyRouteComponent(() => import('./pages/setup/AnalyzersPage'), 'AnalyzersPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/bench/line',
    validateSearch: (
      s: Record<string, unknown>,
    ): {
      view?: 'archive' | 'live' | undefined;
      instrument?: string | undefined;
      message?: number | undefined;
      line?: string | undefined;
    } => ({
      view: one(s.view, ['archive', 'live']),
      instrument: text(s.instrument),
      message: typeof s.message === 'number' ? s.message : undefined,
      line: text(s.line),
    }),
    component: lazyRouteComponent(() => import('./pages/line/LinePage'), 'LinePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/setup/connect',
    component: lazyRouteComponent(() => import('./pages/setup/ConnectPage'), 'ConnectPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/setup/profiles',
    component: lazyRouteComponent(() => import('./pages/setup/ProfilesPage'), 'ProfilesPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/setup/profiles/$name',
    component: lazyRouteComponent(() => import('./pages/setup/ProfilePage'), 'ProfilePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/setup/printers',
    component: lazyRouteComponent(() => import('./pages/setup/PrintersPage'), 'PrintersPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/setup/network',
    component: lazyRouteComponent(() => import('./pages/setup/NetworkPage'), 'NetworkPage'),
  }),
] as const;

export const router = createRouter({ routeTree: rootRoute.addChildren([...routes]), defaultPreload: false });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
