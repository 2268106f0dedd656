import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty, Fault } from './Notice';

/** SkeletonRows keeps the height of a table while its rows are on their way, so that nothing jumps. */
export function SkeletonRows({ rows, columns }: { rows: number; columns: number }) {
  return Array.from({ length: rows }, (_, r) => (
    <tr key={r} aria-hidden="true">
      {Array.from({ length: columns }, (_c, c) => (
        <td key={c}>
          <div className="skeleton" style={{ width: `${40 + ((r * 7 + c * 13) % 5) * 12}%` }} />
        </td>
      ))}
    </tr>
  ));
}

interface Query<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** Rows shows the states of a list in the place of its rows: loading, fault, empty, or the rows. */
export function Rows<T>(props: {
  query: Query<T>;
  columns: number;
  rows?: number;
  empty: ReactNode;
  isEmpty: (data: T) => boolean;
  children: (data: T) => ReactNode;
}) {
  const { t } = useTranslation();
  const { query, columns } = props;
  const whole = (what: ReactNode): ReactNode => (
    <tr>
      <td colSpan={columns} style={{ height: 'auto', borderBottom: 0 }}>
        {what}
      </td>
    </tr>
  );
  if (query.data === undefined) {
    if (query.error) return whole(<Fault error={query.error} onRetry={() => void query.refetch()} />);
    return (
      <>
        <tr className="vh">
          <td>{t('act.loading')}</td>
        </tr>
        <SkeletonRows rows={props.rows ?? 6} columns={columns} />
      </>
    );
  }
  if (props.isEmpty(query.data))
    return whole(typeof props.empty === 'string' ? <Empty>{props.empty}</Empty> : props.empty);
  return props.children(query.data);
}
