import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { useScan } from '@jaanch/shared/hooks/scan';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { KeyHint } from '@jaanch/shared/ui/Keys';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { queries } from '../../queries';

/** today is the day of the load list, in the lab's own calendar. */
function today(): string {
  const d = new Date();
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`;
}

/** LoadPage names the samples on an analyzer that sends positions instead of lab numbers: scan puts a tube on the next place. */
export function LoadPage() {
  const { t } = useTranslation();
  useHeading(t('nav.bench'), t('nav.load'));
  const navigate = useNavigate();
  const search = useSearch({ from: '/bench/load' });
  const list = useQuery({ queryKey: ['instruments'], queryFn: () => must(api.GET('/api/v1/instruments')) });
  const id = search.instrument ?? list.data?.instruments.find((i) => i.short_ids)?.id ?? list.data?.instruments[0]?.id;
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <select
            className="input"
            style={{ width: 'auto' }}
            aria-label={t('bench.analyzer')}
            value={id ?? ''}
            onChange={(e) => void navigate({ to: '/bench/load', search: { instrument: e.currentTarget.value } })}
          >
            {list.data?.instruments.map((i) => (
              <option key={i.id} value={i.id}>
                {i.name}
              </option>
            ))}
          </select>
          <span className="sec small">{t('load.hint')}</span>
        </div>
        {id ? <List key={id} id={id} /> : <Empty>{t('instr.empty')}</Empty>}
      </div>
    </div>
  );
}

function List({ id }: { id: string }) {
  const { t } = useTranslation();
  const day = today();
  const list = useQuery({
    queryKey: ['load', id, day],
    queryFn: () => must(api.GET('/api/v1/load-lists/{id}/{day}', { params: { path: { id, day } } })),
  });
  const [text, setText] = useState('');
  const entries = list.data?.entries ?? [];
  const save = useMutation({
    mutationFn: (places: S['LoadPlace'][]) =>
      must(api.PUT('/api/v1/load-lists/{id}/{day}', { params: { path: { id, day } }, body: { entries: places } })),
    onSuccess: (l) => queries.setQueryData(['load', id, day], l),
  });
  const places = (): S['LoadPlace'][] =>
    entries.map((e) => ({
      position: e.position,
      ...(e.sample_id ? { sample_id: e.sample_id } : { accession: e.accession ?? '' }),
    }));
  const next = String(1 + entries.reduce((n, e) => Math.max(n, Number.parseInt(e.position, 10) || 0), 0));
  const add = (accession: string): void => {
    if (accession.trim()) save.mutate([...places(), { position: next, accession: accession.trim().toUpperCase() }]);
    setText('');
  };
  useScan(add);
  useKeys([{ keys: 'mod+Enter', label: t('load.add'), run: () => add(text) }]);
  return (
    <>
      {(list.error ?? save.error) && (
        <div className="page">
          <Fault error={save.error ?? list.error} />
        </div>
      )}
      <div className="fill scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('load.place')}</th>
              <th scope="col">{t('col.labNo')}</th>
              <th scope="col">{t('col.patient')}</th>
              <th scope="col">{t('col.tests')}</th>
              <th scope="col">
                <span className="vh">{t('act.remove')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {entries.map((e) => (
              <tr key={e.position}>
                <td className="strong num">{e.position}</td>
                <td className="num">{e.accession}</td>
                <td className="sec">{sexAge(e, t)}</td>
                <td>{e.panels}</td>
                <td className="right">
                  <Button
                    size="small"
                    look="plain"
                    aria-label={t('load.remove', { place: e.position })}
                    icon={<IconX size={14} aria-hidden />}
                    onClick={() => save.mutate(places().filter((p) => p.position !== e.position))}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {list.data && entries.length === 0 && <Empty>{t('load.empty')}</Empty>}
      </div>
      <footer className="foot acts">
        <KeyHint keys={['mod+Enter']}>{t('load.add')}</KeyHint>
        <span className="grow" />
        <input
          className="input"
          style={{ width: 220 }}
          aria-label={t('col.labNo')}
          placeholder={t('receive.scan')}
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
        />
        <Button look="primary" keys="mod+Enter" busy={save.isPending} disabled={!text.trim()} onClick={() => add(text)}>
          {t('load.put', { place: next })}
        </Button>
      </footer>
    </>
  );
}
