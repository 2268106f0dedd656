import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useDebounced } from '@jaanch/shared/hooks/debounced';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { ageText } from '@jaanch/shared/lab/age';
import { inr } from '@jaanch/shared/lab/money';
import { day, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Text } from '@jaanch/shared/ui/Field';
import { Notice } from '@jaanch/shared/ui/Notice';
import { Segments } from '@jaanch/shared/ui/Segments';
import { IconCheck, IconSearch, IconUserPlus } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { Combo } from './Combo';
import { Compare } from './Compare';
import { emptyForm, fromQuery, setDraft, useDraft, type PatientForm } from './draft';

type Found = { kind: 'hit'; hit: S['Hit'] } | { kind: 'new' };

/** PatientStep finds the person or takes a new one. The search comes first, so that nobody is registered twice. */
export function PatientStep() {
  const { t } = useTranslation();
  const d = useDraft();
  const [text, setText] = useState('');
  const box = useRef<HTMLInputElement>(null);
  const rested = useDebounced(text.trim(), 150);
  const found = useQuery({
    queryKey: ['patientsearch', rested],
    queryFn: () => must(api.POST('/api/v1/search', { body: { query: rested, kinds: ['patient'], limit: 6 } })),
    enabled: rested.length >= 2,
    gcTime: 0,
  });
  const empty = d.patient === null && d.form === null;
  useEffect(() => {
    if (empty) box.current?.focus();
  }, [empty, d.key]);
  const options: Found[] = [...(found.data?.hits ?? []).map((hit): Found => ({ kind: 'hit', hit })), { kind: 'new' }];
  const begin = (): void => {
    setDraft({ patient: null, form: fromQuery(text) });
    setText('');
  };
  const take = async (id: string): Promise<void> => {
    const found = await must(api.GET('/api/v1/patients/{id}', { params: { path: { id } } }));
    setDraft({ patient: found.patient, form: null, consent: found.patient.consent === undefined });
    setText('');
  };
  useKeys([{ keys: 'F2', label: t('reception.newPatient'), run: begin }]);
  return (
    <>
      <div className="stephead">
        <span className="no">1</span>
        <h2>{t('reception.patient')}</h2>
        <span className="hint">{t('reception.patientHint')}</span>
      </div>
      <Combo<Found>
        label={t('reception.findPatient')}
        placeholder={t('reception.findPatient')}
        icon={<IconSearch size={16} stroke={1.75} aria-hidden />}
        text={text}
        onText={setText}
        inputRef={box}
        testId="patient-search"
        open={rested.length >= 2 && text.trim().length >= 2}
        options={options}
        optionKey={(o) => (o.kind === 'new' ? 'new' : o.hit.id)}
        tail={found.data && rested.length >= 2 ? t('reception.people', { count: found.data.hits.length }) : undefined}
        tip={t('reception.choose')}
        onPick={(o) => (o.kind === 'new' ? begin() : void take(o.hit.id))}
        render={(o) =>
          o.kind === 'new' ? (
            <span className="row tone-accent strong">
              <IconUserPlus size={16} stroke={1.75} aria-hidden />
              {t('reception.newPatient')}
            </span>
          ) : (
            <>
              <span className="strong">{o.hit.name}</span>
              <span className="sec nowrap">{sexAge(o.hit, t)}</span>
              <span className="grow" />
              <span className="sec num">{o.hit.phone}</span>
              <span className="dim num">{o.hit.number}</span>
            </>
          )
        }
      />
      {d.patient && <Known patient={d.patient} />}
      {d.patient && <Twins one={d.patient} onTake={(id) => void take(id)} />}
      {d.form && <NewPatient form={d.form} onTake={(id) => void take(id)} />}
    </>
  );
}

/** Known is the card of a person who has been here. */
function Known({ patient: p }: { patient: S['Patient'] }) {
  const { t, i18n } = useTranslation();
  const last = ms(p.last_visit);
  return (
    <div className="person col" style={{ gap: 4 }} data-testid="patient-card">
      <div className="row between">
        <span className="name">
          {p.name} {p.name_local && <span className="sec">{p.name_local}</span>}
        </span>
        <span className="chip released">
          <IconCheck size={13} aria-hidden />
          {t('reception.known')}
        </span>
      </div>
      <span className="num">
        {[
          sexAge(p, t),
          p.birth_date && !p.age_stated
            ? t('reception.born', { date: day(Date.parse(p.birth_date), i18n.language) })
            : '',
          p.mrn,
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
      <span className="num sec">{[p.phone, p.city].filter(Boolean).join(' · ')}</span>
      <div className="row between">
        <span className="sec">
          {last === null
            ? t('reception.firstVisit')
            : t('reception.lastVisit', { date: day(last, i18n.language), count: p.visits })}
        </span>
        {p.due > 0 && <span className="tone-delta strong num">{t('reception.due', { amount: inr(p.due) })}</span>}
      </div>
      <div className="row">
        <Button size="small" look="plain" onClick={() => setDraft({ patient: null, form: null })}>
          {t('reception.otherPerson')}
        </Button>
      </div>
    </div>
  );
}

/** NewPatient asks for what a report cannot do without: name, sex, age. */
function NewPatient({ form: f, onTake }: { form: PatientForm; onTake: (id: string) => void }) {
  const { t } = useTranslation();
  const set = (change: Partial<PatientForm>): void => setDraft({ form: { ...f, ...change } });
  return (
    <div className="col" style={{ gap: 12 }} data-testid="patient-new">
      <Text
        label={t('patient.name')}
        value={f.name}
        autoFocus
        onChange={(name) => set({ name })}
        data-testid="patient-name"
      />
      <div className="row top">
        <div className="field">
          <span className="lab">{t('patient.sex')}</span>
          <Segments
            label={t('patient.sex')}
            value={f.sex || null}
            onChange={(sex) => set({ sex })}
            options={(['M', 'F', 'O'] as const).map((v) => ({ value: v, label: t(`sexLong.${v}`) }))}
          />
        </div>
        <div className="grow">
          <Text
            label={t('patient.age')}
            value={f.age}
            inputMode="numeric"
            disabled={f.born !== ''}
            onChange={(age) => set({ age: age.replace(/\D/g, '').slice(0, 3) })}
            data-testid="patient-age"
          />
        </div>
        <div className="field">
          <span className="lab">{t('patient.unit')}</span>
          <Segments
            label={t('patient.unit')}
            value={f.unit}
            onChange={(unit) => set({ unit })}
            options={(['y', 'm', 'd'] as const).map((v) => ({ value: v, label: t(`ageUnit.${v}`) }))}
          />
        </div>
      </div>
      <div className="cols2">
        <Text label={t('patient.born')} type="date" value={f.born} onChange={(born) => set({ born })} />
        <Text
          label={t('patient.phone')}
          value={f.phone}
          inputMode="tel"
          onChange={(phone) => set({ phone })}
          data-testid="patient-phone"
        />
      </div>
      <Text label={t('patient.city')} value={f.city} onChange={(city) => set({ city })} />
      <Twins one={f} onTake={onTake} />
      <div className="row">
        <Button size="small" look="plain" onClick={() => setDraft({ form: null })}>
          {t('reception.dropForm')}
        </Button>
        <Button size="small" look="plain" onClick={() => set(emptyForm)}>
          {t('act.clear')}
        </Button>
      </div>
    </div>
  );
}

/**
 * Twins warns of people who may be the same: as the one who is typed, or as the known person who was picked. It stands
 * beside and never blocks; F4 sets both side by side.
 */
function Twins({ one, onTake }: { one: PatientForm | S['Patient']; onTake: (id: string) => void }) {
  const { t } = useTranslation();
  const own = 'id' in one ? one.id : '';
  const rested = useDebounced(one, 400);
  const [different, setDifferent] = useState<string[]>([]);
  const [comparing, setComparing] = useState(false);
  const ask = rested.name.trim().length >= 3 || (rested.phone ?? '').replace(/\D/g, '').length >= 10;
  const twins = useQuery({
    queryKey: ['duplicates', twinQuery(rested)],
    queryFn: () => must(api.POST('/api/v1/patients/duplicates', { body: twinQuery(rested) })),
    enabled: ask,
    gcTime: 0,
  });
  const best = ask
    ? twins.data?.candidates.find((c) => c.patient.id !== own && !different.includes(c.patient.id))
    : undefined;
  useKeys(best ? [{ keys: 'F4', label: t('compare.open4'), run: () => setComparing(true), typing: true }] : []);
  if (!best) return null;
  const notSame = (): void => {
    setDifferent([...different, best.patient.id]);
    setComparing(false);
  };
  return (
    <>
      <Notice
        tone="delta"
        title={t('reception.twice')}
        action={
          <>
            <Button size="small" keys="F4" onClick={() => setComparing(true)} data-testid="compare-open">
              {t('compare.open4')}
            </Button>
            {!own && (
              <Button size="small" onClick={() => onTake(best.patient.id)}>
                {t('reception.samePerson')}
              </Button>
            )}
            <Button size="small" look="plain" onClick={notSame}>
              {t('compare.different')}
            </Button>
          </>
        }
      >
        <span className="strong">{best.patient.name}</span>
        {`, ${t(`sex.${best.patient.sex}`)} ${ageText(best.patient.age, t)}, ${best.patient.mrn}: ${best.reasons.map((r) => t(`twin.${r}`, { defaultValue: r })).join(', ')}`}
      </Notice>
      {comparing && (
        <Compare
          one={one}
          other={best.patient}
          onClose={() => setComparing(false)}
          onDifferent={notSame}
          onSame={() => {
            setComparing(false);
            onTake(best.patient.id);
          }}
          onMerged={(id) => {
            setComparing(false);
            onTake(id);
          }}
        />
      )}
    </>
  );
}

function twinQuery(x: PatientForm | S['Patient']): S['DuplicateQuery'] {
  const born = 'id' in x ? (x.birth_date ?? '') : x.born;
  const age = 'id' in x ? undefined : x.age;
  return {
    name: x.name,
    phone: x.phone ?? '',
    sex: x.sex,
    ...(born ? { birth_date: born } : age && 'unit' in x ? { age_value: Number(age), age_unit: x.unit } : {}),
  };
}

/** VisitFields is what belongs to the visit and not to the person. */
export function VisitFields() {
  const { t } = useTranslation();
  const d = useDraft();
  const deliver = (what: string): void =>
    setDraft({ delivery: d.delivery.includes(what) ? d.delivery.filter((x) => x !== what) : [...d.delivery, what] });
  return (
    <>
      <Text label={t('reception.doctor')} value={d.doctor} onChange={(doctor) => setDraft({ doctor })} />
      <Text label={t('reception.note')} value={d.note} onChange={(note) => setDraft({ note })} />
      <div className="row wrap top" style={{ gap: 16 }}>
        <div className="field">
          <span className="lab">{t('reception.priority')}</span>
          <Segments
            label={t('reception.priority')}
            value={d.priority}
            onChange={(priority) => setDraft({ priority })}
            options={(['routine', 'urgent', 'stat'] as const).map((v) => ({ value: v, label: t(`priority.${v}`) }))}
          />
        </div>
        <div className="field">
          <span className="lab">{t('reception.language')}</span>
          <Segments
            label={t('reception.language')}
            value={d.language}
            onChange={(language) => setDraft({ language })}
            options={[
              { value: 'hi+en', label: t('reception.both') },
              { value: 'en', label: t('reception.english') },
            ]}
          />
        </div>
      </div>
      <div className="row wrap" style={{ gap: '0 16px' }}>
        {['whatsapp', 'print', 'email'].map((w) => (
          <Check key={w} label={t(`deliver.${w}`)} checked={d.delivery.includes(w)} onChange={() => deliver(w)} />
        ))}
        <Check
          label={t('reception.consent')}
          checked={d.consent}
          onChange={(e) => setDraft({ consent: e.currentTarget.checked })}
        />
      </div>
    </>
  );
}
