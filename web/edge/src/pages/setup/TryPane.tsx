import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { clock, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Area, Pick } from '@jaanch/shared/ui/Field';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';

/** TryPane shows what a draft reads from a message before it is in force. Nothing is stored and nothing is filed. */
export function TryPane({ draft }: { draft: S['ProfileDraft'] }) {
  const { t } = useTranslation();
  const [message, setMessage] = useState('');
  const [pasted, setPasted] = useState('');
  const list = useQuery({
    queryKey: ['messages', 'try'],
    queryFn: () => must(api.POST('/api/v1/archive/search', { body: { limit: 50 } })),
  });
  const run = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/dialects/try', {
          body: { ...draft, ...(message ? { message_id: Number(message) } : { pasted }) },
        }),
      ),
  });
  const r = run.data;
  return (
    <>
      <div className="insp-head">
        <h2>{t('profiles.try')}</h2>
        <p className="small sec">{t('profiles.tryText')}</p>
      </div>
      <div className="insp-body fill scroll col" style={{ padding: 12 }}>
        <Pick
          label={t('profiles.archived')}
          value={message}
          onChange={setMessage}
          options={[
            { value: '', label: t('profiles.paste') },
            ...(list.data?.messages ?? []).map((m) => ({
              value: String(m.id),
              label: `${clock(ms(m.at) ?? 0)} · ${m.instrument.replaceAll('^', ' ')} · ${t(`line.kind.${m.kind}`)} · ${m.samples[0] ?? ''}`,
            })),
          ]}
        />
        {!message && (
          <Area
            label={t('profiles.pasted')}
            hint={t('profiles.pastedHint')}
            value={pasted}
            onChange={setPasted}
            rows={6}
            className="mono"
          />
        )}
        <Button disabled={!message && !pasted.trim()} busy={run.isPending} onClick={() => run.mutate()}>
          {t('profiles.run')}
        </Button>
        {run.error && <Fault error={run.error} />}
        {r && (
          <div className="col" data-testid="tried" data-rows={r.rows.length}>
            {r.faults.map((f, i) => (
              <Notice key={i} tone="high">{`${f.line > 0 ? `${f.line}: ` : ''}${f.key} ${f.text}`}</Notice>
            ))}
            <p className="small sec">
              {t('profiles.triedText', {
                kind: t(`line.kind.${r.kind || 'other'}`),
                model: r.model || '–',
                recognised: r.recognised || '–',
              })}
            </p>
            {r.queries.length > 0 && <p className="small">{t('profiles.asks', { ids: r.queries.join(', ') })}</p>}
            {r.rows.map((row, i) => (
              <div key={i} className="tryrow" title={row.record}>
                <div className="row between">
                  <span className="strong">
                    <span className="mono">{row.code || '?'}</span> {row.name}
                  </span>
                  <span className="num strong">{`${row.value || '–'} ${row.unit}`}</span>
                </div>
                <div className="row between small sec">
                  <span className="mono">{row.sample || t('profiles.noSample')}</span>
                  <span>
                    {[
                      t(`connect.roles.${row.role}`, { defaultValue: row.role }),
                      row.flag,
                      row.number && `= ${row.number}`,
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </span>
                </div>
              </div>
            ))}
            {r.warnings.length > 0 && (
              <p className="small sec">{t('profiles.warnings', { list: r.warnings.join(', ') })}</p>
            )}
          </div>
        )}
      </div>
    </>
  );
}
