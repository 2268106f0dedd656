import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { must } from '@jaanch/shared/api/client';
import { Disputes } from '@jaanch/shared/conflict/Disputes';
import type { Judgement } from '@jaanch/shared/conflict/types';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { useTranslation } from 'react-i18next';
import { api } from '../../api';
import { queries } from '../../queries';
import { useCan } from '../../session';

/** ConflictsPage is where the lab decides what two people changed at once; it works without the hub. */
export function ConflictsPage() {
  const { t } = useTranslation();
  useHeading(t('nav.conflicts'), undefined, true);
  const navigate = useNavigate();
  const can = useCan();
  const search = useSearch({ from: '/sync/conflicts' });
  const state = search.state ?? 'open';
  const list = useQuery({
    queryKey: ['conflicts', state],
    queryFn: () => must(api.GET('/api/v1/conflicts', { params: { query: { state } } })),
    refetchInterval: 30_000,
  });
  const id = list.data?.cases.some((c) => c.id === search.id) ? search.id : list.data?.cases[0]?.id;
  const detail = useQuery({
    queryKey: ['conflict', id],
    queryFn: () => must(api.GET('/api/v1/conflicts/{id}', { params: { path: { id: id ?? '' } } })),
    enabled: id !== undefined,
  });
  const done = (): void => {
    void queries.invalidateQueries({
      predicate: (q) => ['conflicts', 'conflict', 'sync', 'today'].includes(String(q.queryKey[0])),
    });
  };
  const decide = useMutation({
    mutationFn: (j: Judgement) =>
      must(api.POST('/api/v1/conflicts/{id}/decide', { params: { path: { id: id ?? '' } }, body: j })),
    onSettled: done,
  });
  const reopen = useMutation({
    mutationFn: () => must(api.POST('/api/v1/conflicts/{id}/reopen', { params: { path: { id: id ?? '' } } })),
    onSettled: done,
  });
  return (
    <Disputes
      list={list}
      detail={id === undefined ? undefined : detail.data}
      state={state}
      id={id}
      why={can('decideConflict') ? undefined : t('why.permission')}
      onState={(s) => void navigate({ to: '/sync/conflicts', search: { state: s } })}
      onOpen={(open) => void navigate({ to: '/sync/conflicts', search: { state, id: open } })}
      decide={decide}
      reopen={{ ...reopen, mutate: () => reopen.mutate() }}
    />
  );
}
