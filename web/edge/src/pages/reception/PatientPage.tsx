import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { day, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Pick as Choose, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { isStale, Stale, type StaleField } from '@jaanch/shared/ui/Stale';
import { State } from '@jaanch/shared/ui/State';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { queries } from '../../queries';
import { useCan } from '../../session';
import { ForgetDialog } from './ForgetDialog';
import { HistoryLink } from '../history/HistoryLink';
import { Merged, MergedInto } from './Merged';

/** PatientPage is one person: what is known, what may be corrected, and the visits. */
export function PatientPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/reception/patients/$id' });
  const person = useQuery({
    queryKey: ['patient', id],
    queryFn: () => must(api.GET('/api/v1/patients/{id}', { params: { path: { id } } })),
  });
  useHeading(t('nav.reception'), person.data?.patient.mrn);
  if (!person.data)
    return (
      <div className="page">{person.error && <Fault error={person.error} onRetry={() => void person.refetch()} />}</div>
    );
  return (
    <div className="scrolls">
      <div
        className="page"
        style={{
          display: 'grid',
          gap: 16,
          gridTemplateColumns: 'repeat(auto-fit, minmax(min(420px, 100%), 1fr))',
          alignItems: 'start',
        }}
      >
        <Edit key={person.data.patient.versions} patient={person.data.patient} />
        <div className="col" style={{ gap: 16 }}>
          <MergedInto id={person.data.patient.merged_into} />
          <Visits visits={person.data.visits} />
          <Merged records={person.data.merged} />
        </div>
      </div>
    </div>
  );
}

type Form = Pick<S['Patient'], 'name' | 'sex' | 'versions'> &
  Record<'name_local' | 'birth_date' | 'phone' | 'email' | 'address' | 'city', string>;

function formOf(p: S['Patient']): Form {
  return {
    name: p.name,
    sex: p.sex,
    versions: p.versions,
    name_local: p.name_local ?? '',
    birth_date: p.birth_date ?? '',
    phone: p.phone ?? '',
    email: p.email ?? '',
    address: p.address ?? '',
    city: p.city ?? '',
  };
}

const fields = ['name', 'name_local', 'birth_date', 'phone', 'email', 'address', 'city'] as const;

/** Edit corrects a person. When somebody else saved first, both values are shown and a person decides. */
function Edit({ patient }: { patient: S['Patient'] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [f, setF] = useState(() => formOf(patient));
  const [theirs, setTheirs] = useState<S['Patient'] | null>(null);
  const [forgetting, setForgetting] = useState(false);
  const can = useCan();
  const changed = fields.some((k) => f[k] !== formOf(patient)[k]) || f.sex !== patient.sex;
  const save = useMutation({
    mutationFn: (versions: string) =>
      must(
        api.PUT('/api/v1/patients/{id}', {
          params: { path: { id: patient.id } },
          body: {
            versions,
            patient: {
              name: f.name,
              sex: f.sex,
              ...Object.fromEntries(
                (['name_local', 'birth_date', 'phone', 'email', 'address', 'city'] as const).map((k) => [k, f[k]]),
              ),
              ...(patient.age_stated && f.birth_date === (patient.birth_date ?? '') ? stated(patient) : {}),
            },
          },
        }),
      ),
    onSuccess: () => {
      setTheirs(null);
      void queries.invalidateQueries({ queryKey: ['patient', patient.id] });
    },
    onError: async (err) => {
      if (!isStale(err)) return;
      const now = await must(api.GET('/api/v1/patients/{id}', { params: { path: { id: patient.id } } }));
      setTheirs(now.patient);
    },
  });
  useKeys([{ keys: 'mod+Enter', label: t('act.save'), run: () => changed && save.mutate(f.versions) }]);
  const differs: StaleField[] = theirs
    ? fields
        .filter((k) => formOf(theirs)[k] !== f[k])
        .map((k) => ({ label: t(`patient.${k}`), yours: f[k], theirs: formOf(theirs)[k] }))
    : [];
  return (
    <section className="panel">
      <header>
        <h2>{patient.name}</h2>
        <span className="sec">{sexAge(patient, t)}</span>
        <span className="grow" />
        <span className="sec num">{patient.mrn}</span>
      </header>
      <div className="body col wide">
        <div className="cols2">
          <Text label={t('patient.name')} value={f.name} onChange={(name) => setF({ ...f, name })} />
          <Text label={t('patient.name_local')} value={f.name_local} onChange={(v) => setF({ ...f, name_local: v })} />
          <Choose
            label={t('patient.sex')}
            value={f.sex}
            onChange={(sex) => setF({ ...f, sex: sex as Form['sex'] })}
            options={['M', 'F', 'O', 'U'].map((v) => ({ value: v, label: t(`sexLong.${v}`) }))}
          />
          <Text
            label={t('patient.birth_date')}
            type="date"
            value={f.birth_date}
            onChange={(v) => setF({ ...f, birth_date: v })}
          />
          <Text
            label={t('patient.phone')}
            value={f.phone}
            inputMode="tel"
            onChange={(phone) => setF({ ...f, phone })}
          />
          <Text
            label={t('patient.email')}
            value={f.email}
            inputMode="email"
            onChange={(email) => setF({ ...f, email })}
          />
          <Text label={t('patient.address')} value={f.address} onChange={(address) => setF({ ...f, address })} />
          <Text label={t('patient.city')} value={f.city} onChange={(city) => setF({ ...f, city })} />
        </div>
        {save.error && problemOf(save.error).code !== 'stale_record' && <Fault error={save.error} />}
        <div className="row wrap" style={{ justifyContent: 'flex-end' }}>
          <HistoryLink entity="patient" id={patient.id} />
          {can('erasePatient') && (
            <Button look="plain" data-testid="forget-open" onClick={() => setForgetting(true)}>
              {t('forget.open')}
            </Button>
          )}
          <span className="grow" />
          <Button onClick={() => void navigate({ to: '/reception', search: { patient: patient.id } })}>
            {t('patient.visit')}
          </Button>
          <Button
            look="primary"
            keys="mod+Enter"
            disabled={!changed}
            busy={save.isPending}
            onClick={() => save.mutate(f.versions)}
          >
            {t('act.save')}
          </Button>
        </div>
      </div>
      {forgetting && <ForgetDialog id={patient.id} onClose={() => setForgetting(false)} />}
      <Stale
        opened={theirs !== null}
        fields={differs}
        onClose={() => setTheirs(null)}
        onTheirs={() => {
          if (theirs) setF(formOf(theirs));
          setTheirs(null);
        }}
        onYours={theirs ? () => save.mutate(theirs.versions) : undefined}
      />
    </section>
  );
}

function stated(p: S['Patient']): { birth_date: string; age_value: number; age_unit: 'y' | 'm' | 'd' } {
  const m = /^(\d+)\s*([ymd])/.exec(p.age);
  return { birth_date: '', age_value: Number(m?.[1] ?? 0), age_unit: (m?.[2] ?? 'y') as 'y' | 'm' | 'd' };
}

function Visits({ visits }: { visits: S['VisitSummary'][] }) {
  const { t, i18n } = useTranslation();
  return (
    <section className="panel">
      <header>
        <h2>{t('patient.visits')}</h2>
        <span className="sec num">{visits.length}</span>
      </header>
      {visits.length === 0 && <Empty>{t('patient.noVisits')}</Empty>}
      <table className="table">
        <tbody>
          {visits.map((v) => (
            <tr key={v.id}>
              <td>
                <Link to="/reception/visits/$id" params={{ id: v.id }} className="num">
                  {v.number}
                </Link>
              </td>
              <td className="sec">{day(ms(v.at) ?? 0, i18n.language)}</td>
              <td>{v.panels.join(', ')}</td>
              <td>
                <State state={v.state} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
