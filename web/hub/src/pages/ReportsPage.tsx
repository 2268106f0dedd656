import './hub.css';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useInfiniteQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { State } from '@jaanch/shared/ui/State';
import { useTranslation } from 'react-i18next';
import { api } from '../api';
import { Delivery } from './Delivery';
import { LabFilter } from './LabFilter';

/** ReportsPage shows the newest reports of all labs: who signed what, and which version stands. */
export function ReportsPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('hub.reports'));
  const navigate = useNavigate();
  const { lab } = useSearch({ from: '/reports' });
  const list = useInfiniteQuery({
    queryKey: ['reports', lab],
    queryFn: ({ pageParam }) =>
      must(
        api.GET('/api/v1/reports', {
          params: { query: { limit: 100, ...(lab ? { lab } : {}), ...(pageParam ? { before: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    refetchInterval: 15_000,
  });
  const rows = list.data?.pages.flatMap((p) => p.reports) ?? [];
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <LabFilter lab={lab} onLab={(l) => void navigate({ to: '/reports', search: { lab: l } })} />
        </div>
        <div className="fill scroll">
          <table className="table" data-testid="reports">
            <thead>
              <tr>
                <th scope="col">{t('hub.lab')}</th>
                <th scope="col">{t('hub.visit')}</th>
                <th scope="col">{t('hub.patient')}</th>
                <th scope="col">{t('hub.stateCol')}</th>
                <th scope="col" className="right">
                  {t('hub.version')}
                </th>
                <th scope="col">{t('hub.signed')}</th>
                <th scope="col">{t('out.messages')}</th>
                <th scope="col" className="hide-s">
                  {t('hub.when')}
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                columns={8}
                isEmpty={() => rows.length === 0}
                empty={<Empty>{t('hub.noReports')}</Empty>}
              >
                {() =>
                  rows.map((r) => (
                    <tr key={r.id} data-testid="report">
                      <td className="sec">{r.lab_name}</td>
                      <td className="strong num">{r.visit}</td>
                      <td>
                        {r.patient} <span className="sec num">{r.mrn}</span>
                      </td>
                      <td>
                        <State state={r.state} />
                      </td>
                      <td className="right num">{r.version}</td>
                      <td>{r.signed_by}</td>
                      <td>
                        {r.messages.map((m) => (
                          <div key={m.channel}>
                            <Delivery status={m.status} channel={m.channel} code={m.code} />
                          </div>
                        ))}
                      </td>
                      <td className="sec hide-s">{r.signed_at ? stamp(ms(r.signed_at) ?? 0, i18n.language) : ''}</td>
                    </tr>
                  ))
                }
              </Rows>
            </tbody>
          </table>
          {list.hasNextPage && (
            <div className="page">
              <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                {t('hub.more')}
              </Button>
            </div>
          )}
        </div>
        <footer className="foot">
          <span className="grow" />
          <span className="num">{t('hub.shown', { count: rows.length })}</span>
        </footer>
      </div>
    </div>
  );
}
