import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Area, Pick, Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { Segments } from '@jaanch/shared/ui/Segments';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queries, type S } from '../api';

const kinds = ['report_ready', 'payment_received', 'login_code'] as const;
const ways = ['whatsapp', 'sms', 'email'] as const;
const languages = ['en', 'hi'] as const;
type Text = S['Text'];

/** Wording edits one text at a time, and shows beside it what a patient will read. */
export function Wording() {
  const { t } = useTranslation();
  const [kind, setKind] = useState<(typeof kinds)[number]>('report_ready');
  const [way, setWay] = useState<(typeof ways)[number]>('whatsapp');
  const [language, setLanguage] = useState<(typeof languages)[number]>('en');
  const all = useQuery({ queryKey: ['outreach'], queryFn: () => must(api.GET('/api/v1/outreach')) });
  if (all.error) return <Fault error={all.error} onRetry={() => void all.refetch()} />;
  const text = all.data?.texts.find((x) => x.kind === kind && x.channel === way && x.language === language);
  return (
    <div className="fill scroll page">
      <div className="row wrap">
        <Pick
          label={t('out.message')}
          value={kind}
          options={kinds.map((k) => ({ value: k, label: t(`out.kind.${k}`) }))}
          onChange={(v) => setKind(kinds.find((k) => k === v) ?? 'report_ready')}
        />
        <Segments
          label={t('out.ways')}
          value={way}
          options={ways.map((w) => ({ value: w, label: t(`out.way.${w}`) }))}
          onChange={setWay}
        />
        <Segments
          label={t('out.language')}
          value={language}
          options={languages.map((l) => ({ value: l, label: t(`language.${l}`) }))}
          onChange={setLanguage}
        />
      </div>
      {text && <One key={`${kind} ${way} ${language}`} text={text} />}
    </div>
  );
}

function One({ text }: { text: Text }) {
  const { t } = useTranslation();
  const [d, setD] = useState<S['Template']>({
    kind: text.kind,
    channel: text.channel,
    language: text.language,
    name: text.name,
    body: text.body,
    dlt_entity: text.dlt_entity ?? '',
    dlt_id: text.dlt_id ?? '',
    dlt_header: text.dlt_header ?? '',
  });
  const [shown, setShown] = useState<Text>(text);
  const preview = useMutation({
    mutationFn: (x: S['Template']) => must(api.POST('/api/v1/outreach/preview', { body: x })),
    onSuccess: setShown,
  });
  const { mutate } = preview;
  // What is typed is judged by the very rules that judge what is sent, a moment after the last key.
  useEffect(() => {
    const timer = setTimeout(() => mutate(d), 400);
    return () => clearTimeout(timer);
  }, [d, mutate]);
  const save = useMutation({
    mutationFn: () => must(api.POST('/api/v1/outreach/texts', { body: d })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['outreach'] }),
  });
  return (
    <div className="wording">
      <section className="col wide">
        {d.channel !== 'sms' && (
          <Text
            label={d.channel === 'email' ? t('out.subject') : t('out.templateName')}
            value={d.name}
            onChange={(name) => setD({ ...d, name })}
          />
        )}
        <Area
          label={t('out.body')}
          hint={t('out.places', { list: text.places.map((p) => `{${p}}`).join(' ') })}
          rows={7}
          lang={d.language}
          value={d.body}
          onChange={(body) => setD({ ...d, body })}
        />
        {d.channel === 'sms' && (
          <div className="row wrap">
            <Text
              label={t('out.dltEntity')}
              inputMode="numeric"
              value={d.dlt_entity ?? ''}
              onChange={(v) => setD({ ...d, dlt_entity: v })}
            />
            <Text
              label={t('out.dltId')}
              inputMode="numeric"
              value={d.dlt_id ?? ''}
              onChange={(v) => setD({ ...d, dlt_id: v })}
            />
            <Text
              label={t('out.dltHeader')}
              value={d.dlt_header ?? ''}
              onChange={(v) => setD({ ...d, dlt_header: v })}
            />
          </div>
        )}
        {preview.error && <Fault error={preview.error} />}
        {save.error && <Fault error={save.error} />}
        <div className="row">
          <span className="sec grow">{text.own ? t('out.own') : t('out.builtIn')}</span>
          <Button look="primary" busy={save.isPending} disabled={!!preview.error} onClick={() => save.mutate()}>
            {t('act.save')}
          </Button>
        </div>
      </section>
      <section className="col" aria-label={t('out.preview')}>
        <h2>{t('out.preview')}</h2>
        <div className={`bubble ${d.channel}`} lang={d.language}>
          {d.channel === 'email' && <p className="strong">{d.name}</p>}
          <p>{shown.preview}</p>
          {d.channel === 'whatsapp' && d.kind === 'report_ready' && <p className="link">{t('out.viewReport')}</p>}
        </div>
        {shown.segments !== undefined && <p className="sec">{t('out.parts', { n: shown.segments })}</p>}
        {shown.registered && (
          <>
            <h2>{t('out.registered')}</h2>
            <pre className="registered" lang={d.language}>
              {shown.registered}
            </pre>
          </>
        )}
      </section>
    </div>
  );
}
