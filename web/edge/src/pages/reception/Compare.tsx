import { Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { ageText } from '@jaanch/shared/lab/age';
import { inr } from '@jaanch/shared/lab/money';
import { day, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { Segments } from '@jaanch/shared/ui/Segments';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import type { PatientForm } from './draft';

type T = ReturnType<typeof useTranslation>['t'];

interface Side {
  label: string;
  one: string;
  other: string;
}

/** sides sets two people beside each other, line by line; what was only typed has no number and no visits. */
export function sides(one: PatientForm | S['Patient'], other: S['Patient'], t: T, lang: string): Side[] {
  const known = 'id' in one ? one : null;
  const date = (x: string | undefined): string => (x ? day(Date.parse(x), lang) : '');
  const age = known ? ageText(known.age, t) : 'unit' in one && one.age ? `${one.age} ${t(`ageUnit.${one.unit}`)}` : '';
  const last = (p: S['Patient']): string => {
    const at = ms(p.last_visit);
    return [String(p.visits), at === null ? '' : day(at, lang)].filter(Boolean).join(', ');
  };
  return [
    { label: t('patient.name'), one: one.name, other: other.name },
    {
      label: t('patient.sex'),
      one: one.sex ? t(`sexLong.${one.sex}`) : '',
      other: t(`sexLong.${other.sex}`),
    },
    { label: t('patient.age'), one: age, other: ageText(other.age, t) },
    {
      label: t('patient.born'),
      one: known ? (known.age_stated ? '' : date(known.birth_date)) : 'born' in one ? date(one.born) : '',
      other: other.age_stated ? '' : date(other.birth_date),
    },
    { label: t('patient.phone'), one: one.phone ?? '', other: other.phone ?? '' },
    { label: t('patient.city'), one: one.city ?? '', other: other.city ?? '' },
    { label: t('visit.mrn'), one: known?.mrn ?? '', other: other.mrn },
    { label: t('patient.visits'), one: known ? last(known) : '', other: last(other) },
    { label: t('compare.due'), one: known ? inr(known.due) : '', other: inr(other.due) },
  ];
}

/**
 * Compare sets two people side by side. Somebody who is only typed is taken as the known person; two records that are both
 * registered are merged: one stays, the other is read with it, and that can be undone.
 */
export function Compare(props: {
  one: PatientForm | S['Patient'];
  other: S['Patient'];
  onSame: () => void; // the typed person is the known one
  onMerged: (id: string) => void;
  onDifferent: () => void;
  onClose: () => void;
}) {
  const { one, other } = props;
  const { t, i18n } = useTranslation();
  const known = 'id' in one ? one : null;
  const [stays, setStays] = useState<'one' | 'other'>(known && other.visits > known.visits ? 'other' : 'one');
  const [reason, setReason] = useState('');
  const [key] = useState(newKey);
  const merge = useMutation({
    mutationFn: () => {
      const [into, from] = stays === 'one' ? [known ?? other, other] : [other, known ?? other];
      return must(
        api.POST('/api/v1/patients/{id}/merge', {
          params: { path: { id: into.id }, header: { 'Idempotency-Key': key } },
          body: { other: from.id, versions: into.versions, other_versions: from.versions, reason: reason.trim() },
        }),
      );
    },
    onSuccess: (done) => {
      void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'session' });
      props.onMerged(done.patient.id);
    },
  });
  return (
    <Modal
      opened
      size="lg"
      onClose={props.onClose}
      title={t('compare.title')}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide" data-testid="compare">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">
                <span className="vh">{t('history.field')}</span>
              </th>
              <th scope="col">{known ? known.mrn : t('compare.typed')}</th>
              <th scope="col">{other.mrn}</th>
            </tr>
          </thead>
          <tbody>
            {sides(one, other, t, i18n.language).map((s) => (
              <tr key={s.label}>
                <th scope="row" className="sec">
                  {s.label}
                </th>
                <td className={s.one !== s.other && s.one !== '' ? 'strong' : ''}>{s.one || '–'}</td>
                <td className={s.one !== s.other && s.one !== '' ? 'strong' : ''}>{s.other || '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {known && (
          <>
            <p className="small sec">{t('compare.text')}</p>
            <div className="field">
              <span className="lab">{t('compare.stays')}</span>
              <Segments
                label={t('compare.stays')}
                value={stays}
                onChange={setStays}
                options={[
                  { value: 'one', label: known.mrn },
                  { value: 'other', label: other.mrn },
                ]}
              />
            </div>
            <Text label={t('compare.reason')} value={reason} maxLength={200} onChange={setReason} />
          </>
        )}
        {merge.error && <Fault error={merge.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button data-autofocus onClick={props.onDifferent}>
            {t('compare.different')}
          </Button>
          {known ? (
            <Button
              look="danger"
              disabled={reason.trim().length < 3}
              busy={merge.isPending}
              onClick={() => merge.mutate()}
              data-testid="merge-go"
            >
              {t('compare.merge')}
            </Button>
          ) : (
            <Button look="primary" onClick={props.onSame}>
              {t('reception.samePerson')}
            </Button>
          )}
        </div>
      </div>
    </Modal>
  );
}
