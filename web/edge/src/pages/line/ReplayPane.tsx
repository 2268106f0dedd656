import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useTranslation } from 'react-i18next';
import { api } from '../../api';

/** ReplayPane reads a stored session by today's code and shows what would be different. Nothing is filed by looking. */
export function ReplayPane({ id }: { id: number }) {
  const { t } = useTranslation();
  const replay = useQuery({
    queryKey: ['replay', id],
    queryFn: () => must(api.GET('/api/v1/messages/{id}/replay', { params: { path: { id } } })),
    gcTime: 0,
  });
  if (replay.error) return <Fault error={replay.error} onRetry={() => void replay.refetch()} />;
  const r = replay.data;
  if (!r) return null;
  const differs = r.changed + r.new + r.gone;
  return (
    <div className="page col" data-testid="replay" data-differs={differs}>
      <Notice
        tone={differs > 0 ? 'delta' : 'accent'}
        title={differs > 0 ? t('replay.differs', { count: differs }) : t('replay.same')}
      >
        {t('replay.text', { same: r.same, changed: r.changed, fresh: r.new, gone: r.gone })}
      </Notice>
      {r.messages.map((m) => (
        <section key={m.id} className="panel">
          <header>
            <h2>{t('replay.message', { id: m.id })}</h2>
            <span className="sec small">
              {m.profile === m.profile_then
                ? m.profile
                : t('replay.profiles', { then: m.profile_then, now: m.profile })}
              {m.reframed ? ` · ${t('replay.reframed')}` : ''}
            </span>
          </header>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('col.code')}</th>
                <th scope="col">{t('replay.now')}</th>
                <th scope="col">{t('col.state')}</th>
                <th scope="col">{t('replay.difference')}</th>
              </tr>
            </thead>
            <tbody>
              {m.rows.map((row, i) => (
                <tr key={`${row.code}-${i}`} className={row.state === 'same' ? '' : 'heldrow'}>
                  <td className="mono">{row.code}</td>
                  <td className="num">{`${row.value} ${row.unit}`}</td>
                  <td>{t(`replay.state.${row.state}`)}</td>
                  <td className="small">
                    {row.diffs.map((d) => (
                      <div key={d.field}>
                        {t(`replay.field.${d.field}`)}: <s className="sec">{d.then || '–'}</s> → <b>{d.now || '–'}</b>
                      </div>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}
