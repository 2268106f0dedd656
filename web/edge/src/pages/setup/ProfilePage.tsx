import './profile.css';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { must } from '@jaanch/shared/api/client';
import { useDebounced } from '@jaanch/shared/hooks/debounced';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { TryPane } from './TryPane';

/** ProfilePage shows a profile as it is written; one of the lab's own is edited, tried and put in force here. */
export function ProfilePage() {
  const { name } = useParams({ from: '/setup/profiles/$name' });
  const { t } = useTranslation();
  useHeading(t('nav.profiles'), name);
  const profile = useQuery({
    queryKey: ['dialect', name],
    queryFn: () => must(api.GET('/api/v1/dialects/{id}', { params: { path: { id: name } } })),
  });
  if (!profile.data)
    return (
      <div className="page">
        {profile.error && <Fault error={profile.error} onRetry={() => void profile.refetch()} />}
      </div>
    );
  return <Editor key={`${name}-${profile.data.version}`} profile={profile.data} />;
}

/** cloned gives the text of a profile under another name: the id and the name people read are new, all else stays. */
export function cloned(text: string, id: string): string {
  return text
    .replace(/^id:.*$/m, `id: ${id}`)
    .replace(/^name:\s*(.*)$/m, (_, n: string) => `name: ${n.replace(/^['"]|['"]$/g, '')} (${id})`);
}

function Editor({ profile: p }: { profile: S['ProfileText'] }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const [text, setText] = useState(p.text);
  const [name, setName] = useState(p.own ? p.name : `${p.name}-own`);
  const [note, setNote] = useState('');
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const changed = text !== p.text;
  const draft = p.own || changed ? { name, text } : { name: p.name, text };
  const asked = useDebounced(JSON.stringify(draft), 400);
  const check = useQuery({
    queryKey: ['dialect-check', asked],
    queryFn: () => must(api.POST('/api/v1/dialects/check', { body: JSON.parse(asked) as S['ProfileDraft'] })),
    placeholderData: (old) => old,
    gcTime: 0,
  });
  const faults = check.data?.faults ?? [];
  const fresh = asked === JSON.stringify(draft) && !check.isPlaceholderData && check.data !== undefined;
  const save = useMutation({
    mutationFn: () => must(api.PUT('/api/v1/dialects', { body: { name, text, note, version: p.own ? p.version : 0 } })),
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: ['dialects'] });
      queries.setQueryData(['dialect', saved.name], saved);
      void navigate({ to: '/setup/profiles/$name', params: { name: saved.name } });
    },
  });
  const ready = changed && fresh && faults.length === 0;
  useKeys([{ keys: 'mod+Enter', label: t('profiles.save'), run: () => ready && save.mutate() }]);
  const lines = text.split('\n');
  const jump = (line: number): void => {
    const at = lines.slice(0, Math.max(0, line - 1)).join('\n').length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(at, at + (lines[line - 1]?.length ?? 0));
    if (area.current) area.current.scrollTop = Math.max(0, (line - 6) * 20);
  };
  return (
    <div className="screen with-inspector profile">
      <div className="pane">
        <div className="tools">
          {p.own ? (
            <span className="chip accent">{t('profiles.ownVersion', { version: p.version })}</span>
          ) : (
            <span className="sec small">{changed ? t('profiles.cloning') : t('profiles.builtin')}</span>
          )}
          <span className="grow" />
          {!p.own && !changed && (
            <Button look="primary" onClick={() => setText(cloned(p.text, name))}>
              {t('profiles.clone')}
            </Button>
          )}
          {!p.own && changed && (
            <Text
              label={t('profiles.newName')}
              value={name}
              onChange={(v) => {
                const id = v.toLowerCase().replace(/[^a-z0-9-]/g, '-');
                setName(id);
                setText(text.replace(/^id:.*$/m, `id: ${id}`));
              }}
            />
          )}
          {p.versions.length > 1 && (
            <select
              className="input"
              style={{ width: 'auto' }}
              aria-label={t('profiles.versions')}
              value=""
              onChange={(e) => {
                const v = p.versions.find((x) => x.version === Number(e.currentTarget.value));
                if (v) setText(v.text);
              }}
            >
              <option value="">{t('profiles.versions')}</option>
              {p.versions.map((v) => (
                <option key={v.version} value={v.version}>
                  {`${v.version} · ${stamp(ms(v.at) ?? 0, i18n.language)}${v.note ? ` · ${v.note}` : ''}`}
                </option>
              ))}
            </select>
          )}
        </div>
        <div className="editor">
          <div className="gutter" ref={gutter} aria-hidden>
            {lines.map((_, i) => (
              <div key={i} className={faults.some((f) => f.line === i + 1) ? 'bad' : ''}>
                {i + 1}
              </div>
            ))}
          </div>
          <textarea
            ref={area}
            value={text}
            readOnly={!p.own && !changed}
            spellCheck={false}
            wrap="off"
            aria-label={t('profiles.text')}
            aria-invalid={faults.length > 0}
            data-testid="profile-text"
            onChange={(e) => setText(e.currentTarget.value)}
            onScroll={(e) => gutter.current && (gutter.current.scrollTop = e.currentTarget.scrollTop)}
          />
        </div>
        <div className="faults" role="status" data-testid="faults" data-count={faults.length} data-fresh={fresh}>
          {faults.length === 0 ? (
            <span className="tone-released small">{t('profiles.noFaults')}</span>
          ) : (
            faults.map((f, i) => (
              <button key={`${f.line}-${f.key}-${i}`} type="button" onClick={() => jump(f.line)}>
                <span className="mono strong">{f.line > 0 ? t('profiles.line', { line: f.line }) : ''}</span>
                <span className="mono">{f.key}</span>
                <span>{f.text}</span>
              </button>
            ))
          )}
        </div>
        <footer className="foot acts">
          <Button disabled={!changed} onClick={() => (setText(p.text), setNote(''))}>
            {t('profiles.undo')}
          </Button>
          <input
            className="input"
            style={{ maxWidth: 320 }}
            placeholder={t('profiles.note')}
            aria-label={t('profiles.note')}
            value={note}
            onChange={(e) => setNote(e.currentTarget.value)}
          />
          <span className="grow" />
          {save.error && <Notice tone="high">{<Fault error={save.error} />}</Notice>}
          <Button look="primary" keys="mod+Enter" disabled={!ready} busy={save.isPending} onClick={() => save.mutate()}>
            {t('profiles.save')}
          </Button>
        </footer>
      </div>
      <aside className="pane inspector" aria-label={t('profiles.try')}>
        <TryPane draft={draft} />
      </aside>
    </div>
  );
}
