import './connect.css';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { must, newKey } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Pick, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import type { TFunction } from 'i18next';
import { IconCircleCheck, IconNetwork, IconPlug } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { CodeQuestions } from './CodeQuestions';
import { FindOnCable } from './FindOnCable';

type Way = 'network' | 'cable';

/** ConnectPage connects an analyzer: how it is connected, what arrives, what it is, what its codes mean, done. */
export function ConnectPage() {
  const { t } = useTranslation();
  useHeading(t('nav.setup'), t('connect.title'));
  const [way, setWay] = useState<Way>('network');
  const [sender, setSender] = useState<S['Sender'] | null>(null);
  const [found, setFound] = useState<S['PortSearch'] | null>(null);
  const [done, setDone] = useState<S['Instrument'] | null>(null);
  if (done) return <Done instrument={done} onMore={() => (setDone(null), setSender(null))} />;
  if (sender) return <Confirm sender={sender} port={found} onBack={() => setSender(null)} onDone={setDone} />;
  return (
    <div className="scrolls">
      <div className="page connect">
        <Step n={1} title={t('connect.how')}>
          <div className="ways" role="radiogroup" aria-label={t('connect.how')}>
            {(['network', 'cable'] as const).map((w) => (
              <button key={w} type="button" role="radio" aria-checked={way === w} onClick={() => setWay(w)}>
                {w === 'network' ? <IconNetwork size={22} aria-hidden /> : <IconPlug size={22} aria-hidden />}
                <span className="strong">{t(`connect.way.${w}`)}</span>
                <span className="sec small">{t(`connect.wayText.${w}`)}</span>
              </button>
            ))}
          </div>
          {way === 'network' ? <Addresses /> : <FindOnCable onFound={setFound} />}
        </Step>
        <Step n={2} title={t('connect.arrives')}>
          <Arrivals onChoose={setSender} />
        </Step>
      </div>
    </div>
  );
}

/** Step is one numbered part of the way; there are no pages to turn. */
export function Step({ n, title, children }: { n: number; title: string; children: React.ReactNode }) {
  return (
    <section className="panel">
      <header>
        <h2>
          <span className="stepno" aria-hidden>
            {n}
          </span>
          {title}
        </h2>
      </header>
      <div className="body col">{children}</div>
    </section>
  );
}

function Addresses() {
  const { t } = useTranslation();
  const net = useQuery({ queryKey: ['network'], queryFn: () => must(api.GET('/api/v1/setup/network')) });
  if (!net.data) return net.error ? <Fault error={net.error} /> : null;
  return (
    <div className="col small">
      <p>{t('connect.setAnalyzer')}</p>
      <dl className="pairs">
        <dt>ASTM / LIS</dt>
        <dd className="mono strong">{net.data.astm}</dd>
        <dt>HL7 / MLLP</dt>
        <dd className="mono strong">{net.data.hl7}</dd>
      </dl>
    </div>
  );
}

/** Arrivals shows who speaks on the lines at this moment and is nobody's yet, and senders whose messages wait. */
function Arrivals({ onChoose }: { onChoose: (s: S['Sender']) => void }) {
  const { t } = useTranslation();
  const now = useNow();
  const list = useQuery({
    queryKey: ['instruments'],
    queryFn: () => must(api.GET('/api/v1/instruments')),
    refetchInterval: 5000,
  });
  const lines = useQuery({ queryKey: ['lines'], queryFn: () => must(api.GET('/api/v1/lines')), refetchInterval: 5000 });
  const quiet = (lines.data?.lines ?? []).filter(
    (l) =>
      !l.instrument_id &&
      !l.closed &&
      !list.data?.senders.some((s) => l.address === s.address || l.address.startsWith(`${s.address}:`)),
  );
  return (
    <div className="col" data-testid="arrivals">
      {(list.error ?? lines.error) && <Fault error={list.error ?? lines.error} />}
      {list.data?.senders.map((s) => (
        <div key={s.id} className="arrival" data-testid="arrival">
          <div className="col grow" style={{ gap: 2 }}>
            <span className="strong">{s.identity.replaceAll('^', ' ') || s.address}</span>
            <span className="sec small">
              {t('connect.messages', { count: s.results, protocol: s.protocol.toUpperCase(), address: s.address })}
              {' · '}
              {ago(ms(s.last_seen) ?? now, now, t)}
            </span>
          </div>
          <Button look="primary" onClick={() => onChoose(s)}>
            {t('connect.thisOne')}
          </Button>
        </div>
      ))}
      {quiet.map((l) => (
        <div key={l.id} className="arrival">
          <div className="col grow" style={{ gap: 2 }}>
            <span className="strong">{l.address}</span>
            <span className="sec small">{t('connect.bytes', { count: l.bytes_in, link: l.link })}</span>
          </div>
          <span className="chip">{l.bytes_in > 0 ? t('connect.listening') : t('connect.open')}</span>
        </div>
      ))}
      {list.data && list.data.senders.length === 0 && quiet.length === 0 && (
        <div className="waiting" role="status">
          <span className="pulse" aria-hidden />
          <span>{t('connect.waiting')}</span>
        </div>
      )}
      <p className="sec small">{t('connect.waitingHint')}</p>
    </div>
  );
}

/** Confirm shows what the analyzer is and why, its first message read, and asks what could not be known. */
function Confirm({
  sender,
  port,
  onBack,
  onDone,
}: {
  sender: S['Sender'];
  port: S['PortSearch'] | null;
  onBack: () => void;
  onDone: (i: S['Instrument']) => void;
}) {
  const { t } = useTranslation();
  const [key] = useState(newKey);
  const [profile, setProfile] = useState('');
  const [name, setName] = useState<string | null>(null);
  const [section, setSection] = useState('');
  const [again, setAgain] = useState(true);
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const [rules, setRules] = useState<Record<string, S['CodeConversion']>>({});
  const look = useQuery({
    queryKey: ['look', sender.id, profile],
    queryFn: () =>
      must(api.POST('/api/v1/senders/look', { body: { sender_id: sender.id, ...(profile ? { profile } : {}) } })),
  });
  const profiles = useQuery({ queryKey: ['dialects'], queryFn: () => must(api.GET('/api/v1/dialects')) });
  const catalogue = useQuery({ queryKey: ['catalogue'], queryFn: () => must(api.GET('/api/v1/catalogue')) });
  const l = look.data;
  const mapped = (l?.codes ?? []).flatMap((c) => {
    const test = answers[c.code] ?? c.test_id;
    const rule = rules[c.code];
    return test ? [{ code: c.code, test_id: test, ...(rule ? { conversion: rule } : {}) }] : [];
  });
  const chosen = mapped.map((m) => m.test_id);
  const departments = [...new Set((catalogue.data?.tests ?? []).map((x) => x.department))];
  const guess = (catalogue.data?.tests ?? []).find((x) => chosen.includes(x.id))?.department ?? departments[0] ?? '';
  const link: S['Link'] =
    l?.link.kind === 'serial' && port && port.device === l.link.port && port.baud
      ? { ...l.link, baud: port.baud, frame: port.frame ?? '8N1' }
      : (l?.link ?? { kind: 'tcp_server' });
  const go = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/instruments/connect', {
          params: { header: { 'Idempotency-Key': key } },
          body: {
            sender_id: sender.id,
            file_waiting: again,
            codes: mapped,
            new: {
              name: (name ?? l?.name ?? '').trim(),
              department: section || guess,
              profile: l?.profile ?? '',
              link,
              enabled: true,
              host_query: l?.host_query ?? false,
              window_days: 7,
              short_ids: false,
            },
          },
        }),
      ),
    onSuccess: onDone,
  });
  const ready = l !== undefined && (name ?? l.name).trim() !== '' && !go.isPending;
  useKeys([{ keys: 'mod+Enter', label: t('connect.go'), run: () => ready && go.mutate() }]);
  const best = l?.finding.proposals.find((p) => p.profile === l.profile);
  return (
    <div className="screen">
      <div className="pane">
        <div className="fill scroll">
          <div className="page connect">
            {look.error && <Fault error={look.error} onRetry={() => void look.refetch()} />}
            <Step n={3} title={t('connect.what')}>
              {l && (
                <div className="proposal" data-testid="proposal" data-profile={l.profile}>
                  <div className="col grow">
                    <div className="row">
                      <IconCircleCheck size={20} className="tone-released" aria-hidden />
                      <span className="strong">{best?.name ?? l.profile}</span>
                      <span className={best && best.confidence >= 70 ? 'chip released' : 'chip delta'}>
                        {t('connect.sure', { percent: best?.confidence ?? 0 })}
                      </span>
                    </div>
                    <ul className="reasons small sec">
                      {reasonTexts(l, best, sender, t).map((r) => (
                        <li key={r}>{r}</li>
                      ))}
                    </ul>
                    {l.note && <p className="small">{l.note}</p>}
                  </div>
                  <div className="proposal-side">
                    <Pick
                      label={t('connect.readBy')}
                      value={l.profile}
                      onChange={setProfile}
                      options={[
                        ...l.finding.proposals.map((p) => ({
                          value: p.profile,
                          label: `${p.name} · ${p.confidence} %`,
                        })),
                        ...(profiles.data?.profiles ?? [])
                          .filter(
                            (p) =>
                              p.protocol === l.finding.protocol &&
                              !l.finding.proposals.some((q) => q.profile === p.name),
                          )
                          .map((p) => ({ value: p.name, label: p.title })),
                      ]}
                    />
                    <Text label={t('connect.name')} value={name ?? l.name} onChange={setName} />
                    <Pick
                      label={t('instr.section')}
                      value={section || guess}
                      onChange={setSection}
                      options={departments.map((d) => ({ value: d, label: t(`section.${d}`, { defaultValue: d }) }))}
                    />
                  </div>
                </div>
              )}
            </Step>
            {l?.message && <FirstMessage message={l.message} codes={l.codes} />}
            {l && (
              <CodeQuestions
                codes={l.codes}
                tests={catalogue.data?.tests ?? []}
                answers={answers}
                onAnswer={(code, test) => {
                  setAnswers({ ...answers, [code]: test });
                  setRules(without(rules, code)); // a conversion is for one test
                }}
                rules={rules}
                onRule={(code, rule) => setRules(rule ? { ...rules, [code]: rule } : without(rules, code))}
              />
            )}
            <Check label={t('instr.fileWaiting')} checked={again} onChange={(e) => setAgain(e.currentTarget.checked)} />
          </div>
        </div>
        <footer className="foot acts">
          <Button onClick={onBack}>{t('act.back')}</Button>
          <span className="grow" />
          {go.error && <Fault error={go.error} />}
          <span className="sec small nowrap">
            {l && t('connect.mapped', { count: mapped.length, all: l.codes.length })}
          </span>
          <Button look="primary" keys="mod+Enter" disabled={!ready} busy={go.isPending} onClick={() => go.mutate()}>
            {t('connect.go')}
          </Button>
        </footer>
      </div>
    </div>
  );
}

/** without gives the rules without that of one code. */
function without(rules: Record<string, S['CodeConversion']>, code: string): Record<string, S['CodeConversion']> {
  return Object.fromEntries(Object.entries(rules).filter(([k]) => k !== code));
}

/** Fields in which a sender names itself, in both protocols. */
const ownName = /^(H-5|H-4|MSH-3|MSH-4)\b/;

/**
 * reasonTexts says in plain words why a profile is proposed. What a profile compares is written for whoever writes profiles;
 * here it is what the analyzer calls itself, or how its messages are built.
 */
export function reasonTexts(
  l: S['Looked'],
  best: S['Proposal'] | undefined,
  sender: { identity: string; address: string },
  t: TFunction,
): string[] {
  const said = l.finding.model || sender.identity.replaceAll('^', ' ').trim() || sender.address;
  const all = [...(best?.reasons ?? []), ...l.finding.reasons].map((r) => {
    if (r.code !== 'header') return t(`reason.${r.code}`, { detail: r.detail ?? '' });
    return ownName.test(r.detail ?? '')
      ? t('reason.header', { detail: said, name: best?.name ?? l.profile })
      : t('reason.structure', { name: best?.name ?? l.profile });
  });
  return [...new Set(all)];
}

function FirstMessage({ message, codes }: { message: S['Message']; codes: S['LookedCode'][] }) {
  const { t } = useTranslation();
  return (
    <section className="panel" data-testid="first-message">
      <header>
        <h2>{t('connect.first')}</h2>
        <span className="sec small">{t('connect.firstText', { id: message.line.samples.join(', ') || '–' })}</span>
      </header>
      <div className="scroll" style={{ maxHeight: 220 }}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('col.code')}</th>
              <th scope="col" className="hide-s">
                {t('connect.calls')}
              </th>
              <th scope="col" className="right">
                {t('connect.value')}
              </th>
              <th scope="col">{t('connect.unit')}</th>
              <th scope="col">{t('connect.role')}</th>
            </tr>
          </thead>
          <tbody>
            {message.observations.map((o) => (
              <tr key={o.id}>
                <td className="mono">{o.test_code}</td>
                <td className="sec hide-s">{o.test_name || codes.find((c) => c.code === o.test_code)?.name}</td>
                <td className="right num strong">{o.value}</td>
                <td className="sec">{o.unit}</td>
                <td className="sec small">{t(`connect.roles.${o.role}`, { defaultValue: o.role })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Done({ instrument, onMore }: { instrument: S['Instrument']; onMore: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <div className="scrolls">
      <div className="page connect" data-testid="connected">
        <Notice
          tone="accent"
          title={t('connect.done', { name: instrument.name })}
          action={
            <>
              <Button
                look="primary"
                onClick={() => void navigate({ to: '/bench/line', search: { instrument: instrument.id } })}
              >
                {t('connect.watch')}
              </Button>
              <Button onClick={onMore}>{t('connect.more')}</Button>
            </>
          }
        >
          {instrument.unmapped_codes === 0
            ? t('connect.doneAll')
            : t('connect.doneText', { count: instrument.unmapped_codes })}
        </Notice>
        <p className="small">
          <Link to="/setup/analyzers">{t('nav.analyzers')}</Link>
        </p>
      </div>
    </div>
  );
}
