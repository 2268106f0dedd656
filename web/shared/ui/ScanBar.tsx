import { IconAlertCircle, IconCircleCheck, IconScan } from '@tabler/icons-react';
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useDebounced } from '../hooks/debounced';
import { useKeys } from '../hooks/keys';
import { useScan } from '../hooks/scan';
import { isLabNo } from '../lab/labno';
import { Keys } from './Keys';

/** ScanHit is one thing found, drawn by the app that knows what it is. */
export interface ScanHit {
  id: string;
  node: ReactNode;
  summary: string; // what the green bar says after a scan
  open: () => void;
}

export interface ScanAnswer {
  hits: ScanHit[];
  problem?: string | undefined; // why a scanned number cannot be found, in words
}

interface Said {
  tone: 'hit' | 'miss';
  text: string;
}

const SAID_MS = 5000;

/** ScanBar is on every screen. A scan opens what it names; typing searches. Enter never reaches any other form. */
export function ScanBar(props: {
  placeholder: string;
  icon?: ReactNode;
  search: (text: string) => Promise<ScanAnswer>;
}) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState<ScanAnswer | null>(null);
  const [active, setActive] = useState(0);
  const [said, setSaid] = useState<Said | null>(null);
  const rested = useDebounced(text.trim(), 150);
  const { search } = props;

  useEffect(() => {
    if (rested.length < 2 || isLabNo(rested)) return undefined;
    let stale = false;
    search(rested).then(
      (a) => {
        if (stale) return;
        setAnswer(a);
        setActive(0);
      },
      () => setAnswer(null),
    );
    return () => {
      stale = true;
    };
  }, [rested, search]);

  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  const close = (): void => {
    setAnswer(null);
    setText('');
  };
  const lookUp = async (scanned: string): Promise<void> => {
    setText(scanned);
    try {
      const a = await search(scanned);
      const hit = a.hits[0];
      if (hit && a.hits.length === 1) {
        setSaid({ tone: 'hit', text: hit.summary });
        setAnswer(null);
        hit.open();
      } else if (hit) {
        setAnswer(a);
        setActive(0);
      } else {
        setSaid({ tone: 'miss', text: a.problem ?? t('scan.nothing') });
      }
    } catch {
      setSaid({ tone: 'miss', text: t('problem.out_of_reach') });
    }
  };
  useScan((scanned) => void lookUp(scanned));
  useKeys([{ keys: '/', label: t('scan.focus'), run: () => input.current?.select() }]);

  const onKey = (e: KeyboardEvent): void => {
    const n = answer?.hits.length ?? 0;
    if (e.key === 'ArrowDown' && n > 0) setActive((a) => (a + 1) % n);
    else if (e.key === 'ArrowUp' && n > 0) setActive((a) => (a + n - 1) % n);
    else if (e.key === 'Escape') {
      close();
      input.current?.blur();
    } else if (e.key === 'Enter') {
      const hit = answer?.hits[active];
      if (hit && !isLabNo(text)) {
        hit.open();
        close();
      } else if (text.trim().length > 1) void lookUp(text.trim().toUpperCase());
    } else return;
    e.preventDefault();
  };
  const open = answer !== null && text.trim().length > 1;
  return (
    <search className="scanbar">
      <div className={`box ${said?.tone ?? ''}`}>
        {props.icon ?? <IconScan size={18} stroke={1.75} aria-hidden />}
        <input
          ref={input}
          value={text}
          placeholder={props.placeholder}
          aria-label={props.placeholder}
          role="combobox"
          aria-expanded={open}
          aria-controls={list}
          aria-activedescendant={open && answer.hits[active] ? `${list}-${active}` : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          data-testid="scan"
          onChange={(e) => {
            setText(e.currentTarget.value);
            setSaid(null);
            if (e.currentTarget.value === '') setAnswer(null);
          }}
          onKeyDown={onKey}
          onBlur={() => setTimeout(() => setAnswer(null), 150)}
        />
        {said ? (
          <span className={`said row ${said.tone === 'hit' ? 'tone-released' : 'tone-high'}`} role="status">
            {said.tone === 'hit' ? (
              <IconCircleCheck size={15} aria-hidden />
            ) : (
              <IconAlertCircle size={15} aria-hidden />
            )}
            <span className="cut">{said.text}</span>
          </span>
        ) : (
          <Keys keys="/" />
        )}
      </div>
      <div className="float" id={list} role="listbox" aria-label={t('scan.found')} hidden={!open}>
        {open &&
          answer.hits.map((h, i) => (
            <div
              key={h.id}
              id={`${list}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === active}
              className="opt"
              onMouseDown={(e) => {
                e.preventDefault();
                h.open();
                close();
              }}
            >
              {h.node}
            </div>
          ))}
        {open && answer.hits.length === 0 && <div className="opt sec">{answer.problem ?? t('scan.nothing')}</div>}
      </div>
    </search>
  );
}
