import { Link } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { useNow } from '@jaanch/shared/hooks/now';
import { clock, ms, span } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Area, Check } from '@jaanch/shared/ui/Field';
import { KeyHint } from '@jaanch/shared/ui/Keys';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { IconBrandWhatsapp, IconCheck, IconMail, IconPhone, IconPrinter } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { queries } from '../../queries';
import { useCan, useSession } from '../../session';
import { Plots } from '../bench/Plots';
import { CaseTable } from './CaseTable';
import { heldRows, Holds, needsReason, rivalKeys, undecided, useDecide, type Choice } from './Holds';
import { needsStepUp, StepUp, useStepUp } from './StepUp';

const COMMENT_REST_MS = 500;

/** CasePane is one visit with all that a pathologist needs to sign it. */
export function CasePane({ visit, onSigned }: { visit: string; onSigned: () => void }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ['case', visit],
    queryFn: () => must(api.GET('/api/v1/verify/{id}', { params: { path: { id: visit } } })),
  });
  const data = query.data;
  const [row, setRow] = useState<string>();
  if (!data) {
    return (
      <div className="pane" style={{ gridColumn: 'span 2' }}>
        <div className="page">{query.error && <Fault error={query.error} onRetry={() => void query.refetch()} />}</div>
      </div>
    );
  }
  const all = data.panels.flatMap((p) => p.rows);
  const passing = all.filter((r) => r.holds.length === 0 && r.value !== '').length;
  return (
    <>
      <div className="pane">
        <div className="insp-head row top between">
          <div className="grow">
            <h2 className="cut">{data.patient_name}</h2>
            <div className="small num">
              {[
                sexAge(data, t),
                data.mrn,
                data.doctor,
                data.collected_at ? t('bench.collectedAt', { at: clock(ms(data.collected_at) ?? 0) }) : '',
              ]
                .filter(Boolean)
                .join(' · ')}
            </div>
          </div>
          <div className="right small">
            <div className="sec">{data.note}</div>
            <Link to="/reception/patients/$id" params={{ id: data.patient_id }}>
              {t('verify.earlier', { count: data.earlier_visits })}
            </Link>
          </div>
        </div>
        <div className="fill scroll">
          <CaseTable data={data} active={row} onRow={(r) => setRow(r.item_id)} />
          <div style={{ padding: 'var(--sp-3) var(--sp-4)' }}>
            <Plots messages={all.map((r) => r.source?.message_id ?? 0)} keys="g" />
          </div>
        </div>
        <footer className="foot">
          <KeyHint keys={['j', 'k']}>{t('verify.foot.patient')}</KeyHint>
          <KeyHint keys={['1', '2']}>{t('verify.foot.hold')}</KeyHint>
          <span className="grow" />
          <span className="num">{t('verify.passCount', { n: passing, of: all.length })}</span>
        </footer>
      </div>
      <Decision data={data} row={row} onRow={setRow} onSigned={onSigned} />
    </>
  );
}

const afterIcons: Record<string, typeof IconPrinter> = {
  print: IconPrinter,
  deliver_whatsapp: IconBrandWhatsapp,
  deliver_email: IconMail,
  call: IconPhone,
};

function Decision({
  data,
  row,
  onRow,
  onSigned,
}: {
  data: S['Case'];
  row: string | undefined;
  onRow: (id: string) => void;
  onSigned: () => void;
}) {
  const { t } = useTranslation();
  const can = useCan();
  const session = useSession();
  const now = useNow();
  const held = heldRows(data);
  const left = undecided(data);
  const at = Math.max(
    0,
    held.findIndex((r) => r.item_id === row),
  );
  const decide = useDecide(data.visit_id);
  const step = useStepUp();
  const [key, setKey] = useState(newKey);
  const [comment, setComment] = useState(data.comment);
  const [partial, setPartial] = useState(false);
  const missing = data.panels
    .flatMap((p) => p.rows)
    .filter((r) => r.value === '' && r.state !== 'cancelled' && r.state !== 'rejected').length;
  const noVerify = can('decide') ? undefined : t('why.permission');
  useComment(data.visit_id, comment, data.comment);
  const sign = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/verify/{id}/sign', {
          params: { path: { id: data.visit_id }, header: { 'Idempotency-Key': key } },
          body: {
            versions: data.versions,
            ...(comment.trim() ? { comment: comment.trim() } : {}),
            ...(partial ? { partial: true } : {}),
          },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({
        predicate: (q) => ['verify', 'case', 'today', 'reports', 'worklist'].includes(String(q.queryKey[0])),
      });
      onSigned();
    },
    onError: (err) => {
      if (problemOf(err).status >= 400) setKey(newKey());
      step.onError(err, () => sign.mutate());
      if (problemOf(err).code === 'stale_record') void queries.invalidateQueries({ queryKey: ['case', data.visit_id] });
    },
  });
  const off = !can('sign')
    ? t('why.permission')
    : left > 0
      ? t('verify.left', { count: left })
      : missing > 0 && !partial
        ? t('verify.missing', { count: missing })
        : undefined;
  const choose = (decision: Choice): void => {
    const r = held[at];
    if (r && !noVerify && !(decision === 'accept' && (needsReason(r) || r.rivals))) decide.mutate({ row: r, decision });
  };
  const pick = (key: string): void => {
    const r = held[at];
    const value = r?.rivals?.[rivalKeys.indexOf(key)]?.result_id;
    if (r && value && !noVerify) decide.mutate({ row: r, decision: 'choose', value });
    else if (key === 'a') choose('accept');
  };
  useKeys([
    ...held.slice(0, 9).map((r, i) => ({
      keys: String(i + 1),
      label: t('verify.keys.hold', { n: i + 1 }),
      run: () => onRow(r.item_id),
    })),
    { keys: 'a', label: t('verify.choice.accept'), run: () => pick('a') },
    ...(held[at]?.rivals ?? []).slice(1, rivalKeys.length).map((v, n) => ({
      keys: rivalKeys[n + 1] ?? '',
      label: `${v.value} ${v.unit}`,
      run: () => pick(rivalKeys[n + 1] ?? ''),
    })),
    { keys: 'r', label: t('verify.choice.rerun'), run: () => choose('rerun') },
    { keys: 's', label: t('verify.choice.new_sample'), run: () => choose('new_sample') },
    { keys: 'mod+Enter', label: t('verify.sign'), run: () => !off && sign.mutate() },
  ]);
  const until = ms(session.step_up_until);
  return (
    <aside className="pane inspector" aria-label={t('verify.decision')} data-testid="decision">
      <div className="insp-body fill scroll">
        <div className="row between">
          <h2 style={{ fontSize: 16 }}>
            {held.length > 0 ? t('verify.needEye', { count: held.length }) : t('verify.allPass')}
          </h2>
          {held.length > 0 && (
            <span className="sec small">{left === 0 ? t('verify.allDecided') : t('verify.left', { count: left })}</span>
          )}
        </div>
        <Holds
          rows={held}
          active={at}
          onActive={(i) => onRow(held[i]?.item_id ?? '')}
          decide={decide}
          disabled={noVerify}
        />
        {data.passed.length > 0 && (
          <div className="col">
            <span className="strong small">{t('verify.others')}</span>
            <ul className="cols2 small" style={{ gap: 4 }}>
              {data.passed.map((p) => (
                <li key={p} className="row sec">
                  <IconCheck size={14} className="tone-released" aria-hidden />
                  {t(`rule.${p}`, { defaultValue: p })}
                </li>
              ))}
            </ul>
          </div>
        )}
        <div className="col">
          <span className="strong small">{t('verify.after')}</span>
          <ul className="col small" style={{ gap: 4 }}>
            {data.after.map((a) => {
              const Icon = afterIcons[a] ?? IconCheck;
              return (
                <li key={a} className="row sec">
                  <Icon size={15} stroke={1.75} aria-hidden />
                  {t(`after.${a}`, { defaultValue: a })}
                </li>
              );
            })}
          </ul>
        </div>
        <div className="grow" />
        {missing > 0 && (
          <Check
            label={t('verify.partial', { count: missing })}
            checked={partial}
            onChange={(e) => setPartial(e.currentTarget.checked)}
            data-testid="partial"
          />
        )}
        <Area label={t('verify.comment')} value={comment} onChange={setComment} rows={2} />
        {sign.error &&
          !needsStepUp(sign.error) &&
          (problemOf(sign.error).code === 'stale_record' ? (
            <Notice tone="delta" title={t('verify.stale')}>
              {t('verify.staleText')}
            </Notice>
          ) : (
            <Fault error={sign.error} />
          ))}
      </div>
      <footer className="foot acts">
        <span className="cut" style={{ whiteSpace: 'normal' }}>
          {off ??
            (until !== null && until > now ? t('verify.pinOk', { span: span(until - now, t) }) : t('verify.pinAsk'))}
        </span>
        <span className="grow" />
        <a className="btn" href={`/api/v1/visits/${data.visit_id}/preview.pdf`} target="_blank" rel="noreferrer">
          {t('verify.preview')}
        </a>
        <Button
          look="primary"
          keys="mod+Enter"
          disabled={off !== undefined}
          why={off}
          busy={sign.isPending}
          onClick={() => sign.mutate()}
          data-testid="sign"
        >
          {t('verify.sign')}
        </Button>
      </footer>
      <StepUp step={step} />
    </aside>
  );
}

/** useComment keeps the comment on the node as it is typed. */
function useComment(visit: string, text: string, saved: string): void {
  useEffect(() => {
    if (text === saved) return undefined;
    const timer = setTimeout(() => {
      api
        .PUT('/api/v1/verify/{id}/comment', { params: { path: { id: visit } }, body: { text } })
        .catch(() => undefined);
    }, COMMENT_REST_MS);
    return () => clearTimeout(timer);
  }, [visit, text, saved]);
}
