import { Link } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Pick, Text } from '@jaanch/shared/ui/Field';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import {
  IconBarcodeOff,
  IconCalendarExclamation,
  IconQuestionMark,
  IconShieldQuestion,
  IconCopy,
  IconFlask,
} from '@tabler/icons-react';
import { Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { queries } from '../../queries';
import { useCan } from '../../session';

const icons: Record<string, typeof IconFlask> = {
  unmapped_code: IconQuestionMark,
  unapproved_instrument: IconShieldQuestion,
  unclear_sender: IconShieldQuestion,
  correction_after_release: IconCalendarExclamation,
  sample_too_old: IconCalendarExclamation,
  possible_repeat: IconCopy,
  test_not_ordered: IconFlask,
};

/** InboxList shows one card a problem; its first action solves it. Nothing is guessed and nothing is dropped. */
export function InboxList() {
  const { t } = useTranslation();
  const inbox = useQuery({
    queryKey: ['inbox'],
    queryFn: () => must(api.GET('/api/v1/inbox', { params: { query: { state: 'waiting', limit: 100 } } })),
  });
  const [open, setOpen] = useState<number | null>(null);
  if (inbox.error && !inbox.data) return <Fault error={inbox.error} onRetry={() => void inbox.refetch()} />;
  const cards = inbox.data?.cards ?? [];
  return (
    <div className="col" style={{ gap: 10 }} data-testid="inbox">
      {cards.map((c, i) => (
        <CardView
          key={c.id}
          card={c}
          current={open === c.id || (open === null && i === 0)}
          onOpen={() => setOpen(c.id)}
        />
      ))}
      {inbox.data && cards.length === 0 && <Empty>{t('inbox.empty')}</Empty>}
      <p className="small sec">{t('inbox.kept')}</p>
    </div>
  );
}

function CardView({ card: c, current, onOpen }: { card: S['Card']; current: boolean; onOpen: () => void }) {
  const { t } = useTranslation();
  const now = useNow();
  const can = useCan();
  const [key, setKey] = useState(newKey);
  const [asking, setAsking] = useState<'discard' | 'amend' | 'other' | null>(null);
  const [test, setTest] = useState(c.suggestion?.test_id ?? '');
  const catalogue = useQuery({
    queryKey: ['catalogue'],
    queryFn: () => must(api.GET('/api/v1/catalogue')),
    enabled: current && c.actions.includes('map'),
    staleTime: Infinity,
  });
  const solve = useMutation({
    mutationFn: (body: S['Resolve']) =>
      must(
        api.POST('/api/v1/inbox/{id}/resolve', {
          params: { path: { id: c.id }, header: { 'Idempotency-Key': key } },
          body,
        }),
      ),
    onSettled: () => {
      setKey(newKey());
      void queries.invalidateQueries({
        predicate: (q) => ['inbox', 'worklist', 'today', 'instruments', 'sections'].includes(String(q.queryKey[0])),
      });
    },
    onSuccess: () => setAsking(null),
  });
  const Icon = icons[c.reason] ?? IconBarcodeOff;
  const off = can('resolve') ? undefined : t('why.permission');
  const s = c.suggestion;
  const act = (action: string): void => {
    switch (action) {
      case 'attach':
        if (s?.sample_id) solve.mutate({ action: 'attach', sample_id: s.sample_id });
        else setAsking('other');
        break;
      case 'map':
        solve.mutate({ action: 'map', test_id: test, forever: true });
        break;
      case 'add_test':
        solve.mutate({
          action: 'add_test',
          ...(s?.sample_id ? { sample_id: s.sample_id } : {}),
          ...(s?.test_id ? { test_id: s.test_id } : {}),
        });
        break;
      case 'rerun':
      case 'control':
        solve.mutate({ action });
        break;
      case 'discard':
      case 'amend':
        setAsking(action);
    }
  };
  return (
    <div
      className="card"
      aria-current={current}
      onFocusCapture={onOpen}
      data-testid="inbox-card"
      data-reason={c.reason}
    >
      <div className="row">
        <Icon size={17} stroke={1.75} className="tone-delta" aria-hidden />
        {c.reason === 'unmapped_code' ? (
          <span className="strong">{t('inbox.code', { code: c.observations[0]?.test_code ?? '' })}</span>
        ) : c.sample_text ? (
          <LabNo value={c.sample_text} />
        ) : (
          <span className="strong">{t('inbox.noId')}</span>
        )}
        <span className="grow" />
        <span className="sec small nowrap">{`${c.instrument} · ${ago(ms(c.at) ?? now, now, t)}`}</span>
      </div>
      <p>{t(`inbox.reason.${c.reason}`, { count: c.count, defaultValue: c.text })}</p>
      <div className="small sec num cut">
        {c.observations
          .slice(0, 6)
          .map((o) => `${o.test ?? o.test_name ?? o.test_code} ${o.value} ${o.unit}`.trim())
          .join(' · ')}
      </div>
      {s?.accession && (
        <div
          className="row between"
          style={{ padding: 8, border: '1px solid var(--line)', borderRadius: 6, background: 'var(--surface-2)' }}
        >
          <span className="row">
            <LabNo value={s.accession} />
            <span className="sec small">{[sexAge(s, t), s.panels].filter(Boolean).join(' · ')}</span>
          </span>
          <span className="tone-released strong small">{t('inbox.fit', { n: s.fit, of: c.count })}</span>
        </div>
      )}
      {c.actions.includes('map') && current && (
        <Pick
          label={t('inbox.means')}
          value={test}
          onChange={setTest}
          options={[
            { value: '', label: t('act.choose') },
            ...(catalogue.data?.tests ?? []).map((x) => ({
              value: x.id,
              label: `${x.code} · ${x.name} · ${x.unit_text}`,
            })),
          ]}
        />
      )}
      {solve.error && <Fault error={solve.error} />}
      <div className="row wrap">
        {c.actions
          .filter((a) => a !== 'discard')
          .map((a, i) =>
            a === 'approve' ? (
              <Link key={a} to="/bench/instruments" className="btn primary">
                {t('inbox.do.approve')}
              </Link>
            ) : (
              <Button
                key={a}
                look={i === 0 && current ? 'primary' : 'default'}
                disabled={off !== undefined || (a === 'map' && !test)}
                why={off}
                busy={solve.isPending}
                onClick={() => act(a)}
              >
                {t(`inbox.do.${a}`)}
              </Button>
            ),
          )}
        {c.actions.includes('attach') && s?.sample_id && (
          <Button disabled={off !== undefined} onClick={() => setAsking('other')}>
            {t('inbox.do.other')}
          </Button>
        )}
        <span className="grow" />
        {c.actions.includes('discard') && (
          <Button look="danger" disabled={off !== undefined} why={off} onClick={() => setAsking('discard')}>
            {t('inbox.do.discard')}
          </Button>
        )}
      </div>
      {asking !== null && (
        <Ask
          what={asking}
          busy={solve.isPending}
          error={solve.error}
          onClose={() => setAsking(null)}
          onDone={(v) =>
            solve.mutate(asking === 'other' ? { action: 'attach', sample_id: v } : { action: asking, reason: v })
          }
        />
      )}
    </div>
  );
}

/** Ask takes the reason of a discard or an amendment, or the tube to attach to. */
function Ask(props: {
  what: 'discard' | 'amend' | 'other';
  busy: boolean;
  error: unknown;
  onClose: () => void;
  onDone: (value: string) => void;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [miss, setMiss] = useState(false);
  const go = async (): Promise<void> => {
    if (props.what !== 'other') return props.onDone(text);
    const found = await must(
      api.POST('/api/v1/search', { body: { query: text.trim(), kinds: ['sample'], limit: 2 } }),
    ).catch(() => null);
    const hit = found?.hits[0];
    if (hit && found.hits.length === 1) props.onDone(hit.id);
    else setMiss(true);
    return undefined;
  };
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={t(`inbox.ask.${props.what}`)}
      size="sm"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <Text
          label={props.what === 'other' ? t('col.labNo') : t('collect.reason')}
          value={text}
          data-autofocus
          error={miss ? t('scan.nothing') : undefined}
          onChange={(v) => {
            setText(v);
            setMiss(false);
          }}
        />
        {props.error !== null && <Fault error={props.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button
            look={props.what === 'discard' ? 'danger' : 'primary'}
            disabled={text.trim().length < 3}
            busy={props.busy}
            onClick={() => void go()}
          >
            {t(`inbox.askDo.${props.what}`)}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
