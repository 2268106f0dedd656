import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms, stamp } from '@jaanch/shared/lab/when';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { useTranslation } from 'react-i18next';
import { api } from '../api';

/** SyncLogPage is what came in and went out, newest first. */
export function SyncLogPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('hub.synclog'));
  const now = useNow();
  const log = useQuery({
    queryKey: ['synclog'],
    queryFn: () => must(api.GET('/api/v1/sync/log', { params: { query: { limit: 200 } } })),
    refetchInterval: 10_000,
  });
  return (
    <div className="screen">
      <div className="pane">
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
                      <td className="strong num">{x.node}</td>
                      <td>{t(`hub.kind.${x.kind}`, { defaultValue: x.kind })}</td>
                      <td className="right num">{x.changes}</td>
                      <td className="right num sec">{x.last_seq > 0 ? `${x.first_seq}–${x.last_seq}` : ''}</td>
                      <td className="right num">{t('hub.bytes', { n: x.bytes })}</td>
                      <td className="right num">{t('hub.ms', { n: (x.micros / 1000).toFixed(1) })}</td>
                      <td className={x.code === '' || x.code === 'ok' ? 'sec' : 'tone-delta'}>{x.code}</td>
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
