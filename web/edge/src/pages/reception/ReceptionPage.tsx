import './reception.css';
import { Link, useSearch } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { inr } from '@jaanch/shared/lab/money';
import { clock, day } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { KeyHint } from '@jaanch/shared/ui/Keys';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { IconAlertTriangle, IconDeviceFloppy, IconHistory } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { useCan, useSession } from '../../session';
import { BillStep } from './BillStep';
import {
  currentDraft,
  discountOf,
  isBlank,
  left,
  payments,
  registration,
  setDraft,
  useDraft,
  validForm,
} from './draft';
import { adopt, done, draftId, flush, setAside, takeUp, useKeeping } from './keeper';
import { LeftDrafts, useDrafts } from './LeftDrafts';
import { LabelsStep } from './LabelsStep';
import { PatientStep, VisitFields } from './PatientStep';
import { TestsStep } from './TestsStep';

/** ReceptionPage takes a walk-in in four steps on one screen. One key saves, takes the money and prints. */
export function ReceptionPage() {
  const { t } = useTranslation();
  useHeading(t('nav.reception'), t('nav.newVisit'));
  const can = useCan();
  const d = useDraft();
  const tests = useRef<HTMLInputElement>(null);
  const { patient } = useSearch({ from: '/reception' });
  const [saved, setSaved] = useState<S['Visit'] | null>(null);
  const drafts = useKeptDraft(patient !== undefined);
  useEffect(() => {
    if (!patient) return;
    must(api.GET('/api/v1/patients/{id}', { params: { path: { id: patient } } })).then(
      (p) => setDraft({ patient: p.patient, form: null }),
      () => undefined,
    );
  }, [patient]);
  const discount = discountOf(d);
  const items = d.items.map((i) => ({ kind: i.kind, id: i.id }));
  const quote = useQuery({
    queryKey: ['quote', items, d.patient?.id, d.priority, discount],
    queryFn: () =>
      must(
        api.POST('/api/v1/visits/quote', {
          body: { items, priority: d.priority, discount, ...(d.patient ? { patient_id: d.patient.id } : {}) },
        }),
      ),
    enabled: items.length > 0,
  });
  const current = items.length > 0 ? quote.data : undefined;
  const missing = d.patient ? null : d.form ? validForm(d.form) : 'patient';
  const off = missing
    ? t(`reception.missing.${missing}`)
    : d.items.length === 0
      ? t('reception.missing.tests')
      : !current
        ? t('reception.missing.quote')
        : d.split && (left(d.split, current.total.net) ?? -1) < 0
          ? t('reception.missing.split')
          : !can('register')
            ? t('why.permission')
            : undefined;
  const save = useMutation({
    mutationFn: async (pay: boolean) => {
      if (!current) throw new Error('save without a quote');
      await flush();
      const draft = draftId();
      const body = {
        ...registration(pay ? d : { ...d, mode: 'later' }, current),
        ...(draft ? { draft_id: draft } : {}),
      };
      return must(api.POST('/api/v1/visits', { params: { header: { 'Idempotency-Key': d.key } }, body }));
    },
    onSuccess: (visit) => {
      setSaved(visit);
      done();
      void queries.invalidateQueries({
        predicate: (q) =>
          ['today', 'visits', 'visitdrafts', 'collection', 'worklist', 'sections'].includes(String(q.queryKey[0])),
      });
    },
    onError: (err) => {
      // A refused request was not done: another try is another request. Without an answer the key stays, so that it is done once.
      if (problemOf(err).status >= 400) setDraft({ key: newKey() });
      if (problemOf(err).status === 409) void quote.refetch();
    },
  });
  const go = (pay: boolean): void => {
    if (!off && !save.isPending) save.mutate(pay);
  };
  const labels = current?.tubes.reduce((n, _, i) => n + (d.copies[i] ?? 1), 0) ?? 0;
  useKeys([
    { keys: 'mod+Enter', label: t('reception.save'), run: () => go(true) },
    { keys: 'F6', label: t('draft.setAside'), run: () => void setAside() },
    { keys: 'mod+ArrowDown', label: t('reception.nextStep'), run: () => tests.current?.focus() },
  ]);
  return (
    <div className="scrolls">
      <div className="desk">
        <section className="step scroll" aria-label={t('reception.patient')}>
          {saved && isBlank(d) && <Saved visit={saved} />}
          <TakenUp />
          <PatientStep />
          {isBlank(d) && d.form === null && <LeftDrafts drafts={drafts} />}
          <VisitFields />
        </section>
        <section className="step scroll" aria-label={t('reception.tests')}>
          <TestsStep quote={current} error={quote.error} boxRef={tests} />
          <div className="grow" />
          <LabelsStep quote={current} />
        </section>
        <section className="step scroll" aria-label={t('reception.bill')}>
          <BillStep quote={current} />
          {save.error && <Fault error={save.error} />}
        </section>
        <footer className="foot acts">
          <KeyHint keys={['Tab']}>{t('keys.nextField')}</KeyHint>
          <KeyHint keys={['F2']}>{t('reception.newPatient')}</KeyHint>
          <KeyHint keys={['mod+ArrowDown']}>{t('reception.nextStep')}</KeyHint>
          <span className="grow" />
          {off && !isBlank(d) && <span className="sec nowrap">{off}</span>}
          <span className="row sec nowrap">
            <KeptMark />
          </span>
          <Button keys="F6" disabled={isBlank(d)} onClick={() => void setAside()} data-testid="set-aside">
            {t('draft.setAside')}
          </Button>
          <Button disabled={off !== undefined} why={off} busy={save.isPending} onClick={() => go(false)}>
            {t('reception.later')}
          </Button>
          <Button
            look="primary"
            keys="mod+Enter"
            disabled={off !== undefined}
            why={off}
            busy={save.isPending}
            onClick={() => go(true)}
            data-testid="save-visit"
          >
            {current && d.mode !== 'later'
              ? t('reception.saveTake', {
                  amount: inr(payments(d, current.total.net).reduce((n, p) => n + p.amount, 0)),
                  count: labels,
                })
              : t('reception.savePrint', { count: labels })}
          </Button>
        </footer>
      </div>
    </div>
  );
}

/** useKeptDraft takes up the own draft once, after a reload or a restart, and gives those that wait beside it. */
function useKeptDraft(busy: boolean): S['KeptDraft'][] {
  const session = useSession();
  const drafts = useDrafts();
  const keeping = useKeeping();
  const looked = useRef(false);
  useEffect(() => adopt(session.user.id), [session.user.id]);
  useEffect(() => {
    if (looked.current || !drafts.data || busy) return;
    looked.current = true;
    const own = drafts.data.drafts.find((x) => x.mine);
    if (own && isBlank(currentDraft())) void takeUp(own);
  }, [drafts.data, busy]);
  useEffect(() => () => void flush(), []);
  return (drafts.data?.drafts ?? []).filter((x) => x.id !== keeping.id);
}

/** TakenUp says that this is a draft from before, and offers to begin anew beside it. */
function TakenUp() {
  const { t, i18n } = useTranslation();
  const { since } = useKeeping();
  if (since === null) return null;
  return (
    <div className="row between small" data-testid="taken-up">
      <span className="row sec">
        <IconHistory size={15} stroke={1.75} aria-hidden />
        {t('draft.from', { at: `${day(since, i18n.language)}, ${clock(since)}` })}
      </span>
      <Button size="small" look="plain" onClick={() => void setAside()}>
        {t('draft.anew')}
      </Button>
    </div>
  );
}

/** KeptMark says whether what is typed is on the node. */
function KeptMark() {
  const { t } = useTranslation();
  const { state } = useKeeping();
  if (state === 'failed')
    return (
      <>
        <IconAlertTriangle size={15} stroke={1.75} aria-hidden className="tone-delta" />
        <span className="tone-delta">{t('draft.failed')}</span>
        <Button size="small" onClick={() => void flush()}>
          {t('act.retry')}
        </Button>
      </>
    );
  return (
    <span className="row" data-testid="draft-state" data-state={state}>
      <IconDeviceFloppy size={15} stroke={1.75} aria-hidden />
      {state === 'keeping' ? t('bench.keeping') : state === 'kept' ? t('bench.draftKept') : t('reception.draft')}
    </span>
  );
}

/** Saved says what was saved last, with its tubes, until the next person is begun. */
function Saved({ visit }: { visit: S['Visit'] }) {
  const { t } = useTranslation();
  return (
    <div data-testid="saved" data-visit={visit.id}>
      <Notice
        tone="accent"
        title={t('reception.saved', { name: visit.patient.name, number: visit.number })}
        action={
          <>
            <Link to="/reception/visits/$id" params={{ id: visit.id }} className="btn small">
              {t('reception.openVisit')}
            </Link>
            <a className="btn small" href={`/api/v1/visits/${visit.id}/labels.pdf`} target="_blank" rel="noreferrer">
              {t('reception.labelsPdf')}
            </a>
          </>
        }
      >
        <ul className="col" style={{ gap: 2 }}>
          {visit.samples.map((s) => (
            <li key={s.id} className="row">
              <span data-testid="saved-accession">
                <LabNo value={s.accession} />
              </span>
              <span className="sec">{s.tests.join(', ')}</span>
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}
