import './hub.css';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms, stamp } from '@jaanch/shared/lab/when';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../api';

const states = ['open', 'auto', 'resolved'] as const;

/** ConflictsPage lists what two people changed at once, with both values side by side. Nothing is decided here yet. */
export function ConflictsPage() {
  const { t } = useTranslation();
  useHeading(t('hub.conflicts'));
  const navigate = useNavigate();
  const now = useNow();
  const search = useSearch({ from: '/conflicts' });
  const state = search.state ?? 'open';
  const list = useQuery({
    queryKey: ['conflicts', state],
    queryFn: () => must(api.GET('/api/v1/conflicts', { params: { query: { state, limit: 100 } } })),
  });
  const rows = list.data?.conflicts ?? [];
  const chosen = rows.find((c) => c.id === search.id) ?? rows[0];
  return (
    <div className={chosen ? 'screen with-inspector' : 'screen'}>
      <div className="pane">
        <div className="tools">
          <Segments
            label={t('hub.stateCol')}
            value={state}
            onChange={(s) => void navigate({ to: '/conflicts', search: { state: s } })}
            options={states.map((s) => ({
              value: s,
              label: t(`hub.conflict.${s}`),
              count: s === 'open' ? list.data?.open : s === 'auto' ? list.data?.auto : undefined,
            }))}
          />
        </div>
        <div className="fill scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('hub.what')}</th>
                <th scope="col">{t('hub.lab')}</th>
                <th scope="col">{t('hub.fields')}</th>
                <th scope="col">{t('hub.stateCol')}</th>
                <th scope="col">{t('hub.when')}</th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                columns={5}
                isEmpty={() => rows.length === 0}
                empty={<Empty>{t('hub.noConflicts')}</Empty>}
              >
                {() =>
                  rows.map((c) => (
                    <tr
                      key={c.id}
                      className="go"
                      aria-selected={c.id === chosen?.id}
                      onClick={() => void navigate({ to: '/conflicts', search: { state, id: c.id } })}
                      data-testid="conflict"
                    >
                      <td className="strong">{c.title}</td>
                      <td className="sec">{c.lab_name}</td>
                      <td>{c.fields.map((f) => f.field).join(', ')}</td>
                      <td className="sec">{t(`hub.winner.${c.winner}`)}</td>
                      <td className="sec">{ago(ms(c.at) ?? now, now, t)}</td>
                    </tr>
                  ))
                }
              </Rows>
            </tbody>
          </table>
        </div>
      </div>
      {chosen && <Sides conflict={chosen} />}
    </div>
  );
}

function show(v: unknown): string {
  if (v === null || v === undefined || v === '') return '–';
  return typeof v === 'object' ? JSON.stringify(v) : String(v);
}

function Sides({ conflict: c }: { conflict: S['Conflict'] }) {
  const { t, i18n } = useTranslation();
  const who = (s: S['ConflictSide']): string =>
    [s.actor, s.node, s.at ? stamp(ms(s.at) ?? 0, i18n.language) : ''].filter(Boolean).join(', ');
  return (
    <aside className="pane inspector" aria-label={c.title}>
      <div className="insp-head">
        <h2>{c.title}</h2>
        <p className="small sec">{t('hub.twoPlaces', { lab: c.lab_name })}</p>
      </div>
      <div className="insp-body fill scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('stale.field')}</th>
              <th scope="col">{t('hub.stands')}</th>
              <th scope="col">{t('hub.against')}</th>
            </tr>
          </thead>
          <tbody>
            {c.fields.map((f) => (
              <tr key={f.field}>
                <td className="sec">{f.field}</td>
                <td className="strong">{show(f.stands)}</td>
                <td>{show(f.against)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <dl className="pairs" style={{ gridTemplateColumns: '110px minmax(0, 1fr)' }}>
          <dt>{t('hub.stands')}</dt>
          <dd>{who(c.stands)}</dd>
          <dt>{t('hub.against')}</dt>
          <dd>{who(c.against)}</dd>
        </dl>
        <p className="small sec">{t(`hub.winnerText.${c.winner}`)}</p>
      </div>
    </aside>
  );
}
