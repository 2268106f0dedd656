import { useNavigate } from '@tanstack/react-router';
import { must } from '@jaanch/shared/api/client';
import { ageText } from '@jaanch/shared/lab/age';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { ScanBar, type ScanAnswer, type ScanHit } from '@jaanch/shared/ui/ScanBar';
import { Priority, State } from '@jaanch/shared/ui/State';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../api';

/** Scan is the node's scan bar: a tube opens at the bench, a person or a visit at reception. */
export function Scan() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useCallback(
    async (query: string): Promise<ScanAnswer> => {
      const found = await must(api.POST('/api/v1/search', { body: { query, limit: 8 } }));
      const hits = found.hits.map((h): ScanHit => ({
        id: `${h.kind}-${h.id}`,
        node: <HitRow hit={h} />,
        summary: [sexAge(h, t), h.tests?.join(', '), h.critical ? t('scan.critical', { count: h.critical }) : '']
          .filter(Boolean)
          .join(' · '),
        open: () => {
          if (h.kind === 'sample') void navigate({ to: '/bench', search: { sample: h.id } });
          else if (h.kind === 'visit') void navigate({ to: '/reception/visits/$id', params: { id: h.id } });
          else void navigate({ to: '/reception/patients/$id', params: { id: h.id } });
        },
      }));
      return { hits, problem: found.problem ? t(`scan.problem.${found.problem}`) : undefined };
    },
    [navigate, t],
  );
  return <ScanBar placeholder={t('scan.placeholder')} search={search} />;
}

/** sexAge is what lists show in place of a name. */
export function sexAge(x: { sex?: string; age?: string }, t: ReturnType<typeof useTranslation>['t']): string {
  return [x.sex ? t(`sex.${x.sex}`, { defaultValue: x.sex }) : '', ageText(x.age, t)].filter(Boolean).join(' ');
}

function HitRow({ hit }: { hit: S['Hit'] }) {
  const { t } = useTranslation();
  return (
    <>
      {hit.kind === 'sample' ? <LabNo value={hit.number} /> : <span className="strong">{hit.name ?? hit.number}</span>}
      {hit.name && <span className="num sec">{hit.number}</span>}
      <span className="sec nowrap">{sexAge(hit, t)}</span>
      <Priority value={hit.priority} />
      <span className="grow cut sec">{hit.tests?.join(', ') ?? hit.phone}</span>
      {hit.state && <State state={hit.state} />}
    </>
  );
}
