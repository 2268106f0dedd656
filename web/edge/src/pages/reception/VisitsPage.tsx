import { useNavigate, useSearch } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { inr } from '@jaanch/shared/lab/money';
import { clock, due, ms, stamp } from '@jaanch/shared/lab/when';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { Priority, State } from '@jaanch/shared/ui/State';
import { useTranslation } from 'react-i18next';
import { api } from '../../api';
import { sexAge } from '../../frame/Scan';

const states = ['all', 'open', 'due', 'completed', 'cancelled'] as const;

/** VisitsPage lists the visits of a day with what is done and what is owed. */
export function VisitsPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('nav.reception'), t('nav.visits'));
  const navigate = useNavigate();
  const search = useSearch({ from: '/reception/visits' });
  const now = useNow();
  const visits = useQuery({
    queryKey: ['visits', search],
    queryFn: () =>
      must(
        api.GET('/api/v1/visits', {
          params: {
            query: {
              state: states.find((x) => x === search.state) ?? 'all',
              ...(search.day ? { day: search.day } : {}),
              limit: 100,
            },
          },
        }),
      ),
  });
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <Segments
            label={t('col.state')}
            value={states.find((s) => s === search.state) ?? 'all'}
            onChange={(s) =>
              void navigate({ to: '/reception/visits', search: { ...search, state: s === 'all' ? undefined : s } })
            }
            options={states.map((s) => ({ value: s, label: t(`visits.show.${s}`) }))}
          />
        </div>
        <div className="fill scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('col.visit')}</th>
                <th scope="col" className="hide-s">
                  {t('col.time')}
                </th>
                <th scope="col">{t('col.patient')}</th>
                <th scope="col">{t('col.tests')}</th>
                <th scope="col" className="right hide-s">
                  {t('col.done')}
                </th>
                <th scope="col">{t('col.state')}</th>
                <th scope="col">{t('col.promised')}</th>
                <th scope="col" className="right">
                  {t('col.due')}
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows query={visits} columns={8} empty={t('visits.empty')} isEmpty={(v) => v.visits.length === 0}>
                {(v) =>
                  v.visits.map((x) => {
                    const at = ms(x.at) ?? now;
                    const promise = ms(x.report_due);
                    const d = promise === null || x.state === 'completed' ? null : due(promise, now, t);
                    return (
                      <tr
                        key={x.id}
                        className="go"
                        onClick={() => void navigate({ to: '/reception/visits/$id', params: { id: x.id } })}
                      >
                        <td className="strong num">{x.number}</td>
                        <td className="sec hide-s" title={stamp(at, i18n.language)}>
                          {clock(at)}
                        </td>
                        <td className="sec nowrap">{sexAge(x, t)}</td>
                        <td>
                          <span className="row">
                            <Priority value={x.priority} />
                            {x.panels.join(', ')}
                          </span>
                        </td>
                        <td className="right num hide-s">{`${x.done} / ${x.total}`}</td>
                        <td>
                          <State state={x.state} />
                        </td>
                        <td className={d ? `tone-${d.tone} nowrap` : 'sec'}>{d?.text ?? ''}</td>
                        <td className="right num">
                          {x.due > 0 ? <span className="tone-delta strong">{inr(x.due)}</span> : ''}
                        </td>
                      </tr>
                    );
                  })
                }
              </Rows>
            </tbody>
          </table>
        </div>
        <footer className="foot">
          <span className="grow" />
          <span className="num">{t('visits.count', { count: visits.data?.visits.length ?? 0 })}</span>
        </footer>
      </div>
    </div>
  );
}
