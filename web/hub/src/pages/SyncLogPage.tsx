import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms, stamp } from '@jaanch/shared/lab/when';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api';

/** SyncLogPage is what came in and went out, newest first. */
export function SyncLogPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('hub.synclog'));
  const now = useNow();
  const [node, setNode] = useState('');
  const [days, setDays] = useState<'1' | '7' | 'all'>('all');
  const [problems, setProblems] = useState(false);
  const nodes = useQuery({ queryKey: ['nodes'], queryFn: () => must(api.GET('/api/v1/nodes')) });
  const query = {
    ...(node ? { node } : {}),
    ...(days === 'all' ? {} : { since: since(Number(days)) }),
    ...(problems ? { problems } : {}),
  };
  const log = useQuery({
    queryKey: ['synclog', node, days, problems],
    queryFn: () => must(api.GET('/api/v1/sync/log', { params: { query: { ...query, limit: 200 } } })),
    refetchInterval: 10_000,
    placeholderData: (old) => old,
  });
  const file = new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)])).toString();
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <select
            className="input"
            style={{ width: 'auto' }}
            aria-label={t('hub.node')}
            value={node}
            onChange={(e) => setNode(e.currentTarget.value)}
          >
            <option value="">{t('hub.allNodes')}</option>
            {nodes.data?.nodes.map((n) => (
              <option key={n.id} value={n.id}>
                {[n.lab_name, n.code].join(' · ')}
              </option>
            ))}
          </select>
          <Segments
            label={t('hub.when')}
            value={days}
            onChange={setDays}
            options={[
              { value: '1', label: t('hub.lastDay') },
              { value: '7', label: t('hub.lastWeek') },
              { value: 'all', label: t('hub.anyTime') },
            ]}
          />
          <Segments
            label={t('hub.answer')}
            value={problems ? 'problems' : 'all'}
            onChange={(v) => setProblems(v === 'problems')}
            options={[
              { value: 'all', label: t('hub.allAnswers') },
              { value: 'problems', label: t('hub.problems') },
            ]}
          />
          <span className="grow" />
          <a className="btn" href={`/api/v1/sync/log.csv?${file}`} download="sync-log.csv" data-testid="export">
            <IconDownload size={15} aria-hidden />
            {t('hub.export')}
          </a>
        </div>
        <div className="fill scroll">
          <table className="table compact">
            <thead>
              <tr>
                <th scope="col">{t('hub.when')}</th>
                <th scope="col">{t('hub.node')}</th>
                <th scope="col">{t('hub.what')}</th>
                <th scope="col" className="right">
                  {t('hub.changes')}
                </th>
                <th scope="col" className="right">
                  {t('hub.range')}
                </th>
                <th scope="col" className="right">
                  {t('hub.size')}
                </th>
                <th scope="col" className="right">
                  {t('hub.took')}
                </th>
                <th scope="col">{t('hub.answer')}</th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={log}
                rows={14}
                columns={8}
                isEmpty={(l) => l.lines.length === 0}
                empty={<Empty>{t('hub.noSync')}</Empty>}
              >
                {(l) =>
                  l.lines.map((x, i) => (
                    <tr key={`${x.at}-${x.node}-${i}`}>
                      <td className="sec" title={stamp(ms(x.at) ?? 0, i18n.language)}>
                        {ago(ms(x.at) ?? now, now, t)}
                      </td>
                      <td title={x.node_name}>
                        <span className="strong num">{x.node_code}</span> <span className="sec">{x.lab_name}</span>
                      </td>
                      <td>{t(`hub.kind.${x.kind}`, { defaultValue: x.kind })}</td>
                      <td className="right num">{x.changes}</td>
                      <td className="right num sec">{x.last_seq > 0 ? `${x.first_seq}–${x.last_seq}` : ''}</td>
                      <td className="right num">{t('hub.bytes', { n: x.bytes })}</td>
                      <td className="right num">{t('hub.ms', { n: (x.micros / 1000).toFixed(1) })}</td>
                      <td className={['', 'ok', 'repeat'].includes(x.code) ? 'sec' : 'tone-delta'}>
                        {t(`hub.said.${x.code}`, { defaultValue: x.code })}
                      </td>
                    </tr>
                  ))
                }
              </Rows>
            </tbody>
          </table>
        </div>
      </div>
    </div>
  );
}

/** since is the beginning of a day so many days back: a whole hour, so that the same question has the same name. */
function since(days: number): string {
  const at = new Date(Date.now() - days * 86_400_000);
  at.setMinutes(0, 0, 0);
  return at.toISOString();
}
