import './hub.css';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useInfiniteQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Flag } from '@jaanch/shared/ui/Flag';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Empty } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { State } from '@jaanch/shared/ui/State';
import { Value } from '@jaanch/shared/ui/Value';
import { useTranslation } from 'react-i18next';
import { api } from '../api';
import { LabFilter } from './LabFilter';

/** ResultsPage shows the newest results of all labs, as the nodes sent them. */
export function ResultsPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('hub.results'));
  const navigate = useNavigate();
  const now = useNow();
  const { lab } = useSearch({ from: '/results' });
  const list = useInfiniteQuery({
    queryKey: ['results', lab],
    queryFn: ({ pageParam }) =>
      must(
        api.GET('/api/v1/results', {
          params: { query: { limit: 100, ...(lab ? { lab } : {}), ...(pageParam ? { before: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    refetchInterval: 10_000,
  });
  const rows = list.data?.pages.flatMap((p) => p.results) ?? [];
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <LabFilter lab={lab} onLab={(l) => void navigate({ to: '/results', search: { lab: l } })} />
        </div>
        <div className="fill scroll">
          <table className="table compact" data-testid="results">
            <thead>
              <tr>
                <th scope="col" className="hide-s">
                  {t('hub.lab')}
                </th>
                <th scope="col" className="hide-s">
                  {t('hub.labNo')}
                </th>
                <th scope="col">{t('hub.patient')}</th>
                <th scope="col">{t('hub.test')}</th>
                <th scope="col" className="right">
                  {t('hub.value')}
                </th>
                <th scope="col">{t('hub.flag')}</th>
                <th scope="col" className="hide-s">
                  {t('hub.unit')}
                </th>
                <th scope="col" className="right hide-s">
                  {t('hub.interval')}
                </th>
                <th scope="col">{t('hub.stateCol')}</th>
                <th scope="col" className="hide-s">
                  {t('hub.when')}
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                rows={12}
                columns={10}
                isEmpty={() => rows.length === 0}
                empty={<Empty>{t('hub.noResults')}</Empty>}
              >
                {() =>
                  rows.map((r) => {
                    const at = ms(r.entered_at ?? r.changed_at) ?? now;
                    return (
                      <tr key={r.id} data-testid="result" data-code={r.test_code}>
                        <td className="sec hide-s">{r.lab_name}</td>
                        <td className="hide-s">
                          <LabNo value={r.accession} />
                        </td>
                        <td className="cut" title={r.mrn}>
                          {r.patient} <span className="sec">{t(`sex.${r.sex}`, { defaultValue: r.sex })}</span>
                        </td>
                        <td className="med">{r.test}</td>
                        <td className="right">
                          <Value text={r.value} flag={r.flag} />
                        </td>
                        <td>
                          <Flag code={r.flag} />
                        </td>
                        <td className="sec hide-s">{r.unit}</td>
                        <td className="right sec hide-s nowrap">{r.interval}</td>
                        <td>
                          <State state={r.state} />
                        </td>
                        <td className="sec hide-s" title={stamp(at, i18n.language)}>
                          {ago(at, now, t)}
                        </td>
                      </tr>
                    );
                  })
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
