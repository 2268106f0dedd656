import { Button } from '@jaanch/shared/ui/Button';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import { Step } from './ConnectPage';
import { UnitRule } from './UnitRule';

type Rules = Record<string, S['CodeConversion']>;
type OnRule = (code: string, rule: S['CodeConversion'] | undefined) => void;

/** unitDiffers asks the node's own judgement of the two units, which stands with its guess. */
function unitDiffers(c: S['LookedCode'], test: string): boolean {
  return c.guesses.find((g) => g.test_id === test)?.reasons.includes('unit_differs') ?? false;
}

/** CodeQuestions asks what a code means, and only of those that nobody can know; each suggestion says what it rests on. */
export function CodeQuestions({
  codes,
  tests,
  answers,
  onAnswer,
  rules,
  onRule,
}: {
  rules: Rules;
  onRule: OnRule;
  codes: S['LookedCode'][];
  tests: S['Test'][];
  answers: Record<string, string>;
  onAnswer: (code: string, test: string) => void;
}) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const known = codes.filter((c) => c.known);
  const asked = codes.filter((c) => !c.known);
  return (
    <Step n={4} title={t('connect.codes')}>
      {known.length > 0 && (
        <div className="row between" data-testid="known" data-count={known.length}>
          <span>{t('connect.known', { count: known.length })}</span>
          <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? t('connect.hide') : t('connect.show')}
          </Button>
        </div>
      )}
      {open &&
        known.map((c) => (
          <Question
            key={c.code}
            code={c}
            tests={tests}
            answer={answers[c.code] ?? c.test_id ?? ''}
            onAnswer={onAnswer}
            rules={rules}
            onRule={onRule}
          />
        ))}
      {asked.length > 0 && <p className="sec small">{t('connect.asked', { count: asked.length })}</p>}
      {asked.map((c) => (
        <Question
          key={c.code}
          code={c}
          tests={tests}
          answer={answers[c.code] ?? ''}
          onAnswer={onAnswer}
          rules={rules}
          onRule={onRule}
        />
      ))}
      {codes.length === 0 && <p className="sec">{t('connect.noCodes')}</p>}
    </Step>
  );
}

function Question({
  code: c,
  tests,
  answer,
  onAnswer,
  rules,
  onRule,
}: {
  rules: Rules;
  onRule: OnRule;
  code: S['LookedCode'];
  tests: S['Test'][];
  answer: string;
  onAnswer: (code: string, test: string) => void;
}) {
  const { t } = useTranslation();
  const test = tests.find((x) => x.id === answer);
  return (
    <div className="question" data-testid="question" data-code={c.code}>
      <div className="col" style={{ gap: 2 }}>
        <span className="mono strong">{c.code}</span>
        <span className="sec small">
          {[c.name, c.value && `${c.value} ${c.unit ?? ''}`].filter(Boolean).join(' · ')}
        </span>
      </div>
      <div className="guesses">
        {c.guesses.map((g) => (
          <button
            key={g.test_id}
            type="button"
            aria-pressed={answer === g.test_id}
            className="guess"
            title={g.reasons.map((r) => t(`guess.${r}`)).join(', ')}
            onClick={() => onAnswer(c.code, answer === g.test_id ? '' : g.test_id)}
          >
            <span className="strong">{g.name}</span>
            <span className="small sec">
              {g.score} % · {g.reasons.map((r) => t(`guess.${r}`)).join(', ')}
            </span>
          </button>
        ))}
        <select
          className="input"
          aria-label={t('connect.meaning', { code: c.code })}
          value={answer}
          onChange={(e) => onAnswer(c.code, e.currentTarget.value)}
        >
          <option value="">{t('connect.notUsed')}</option>
          {tests.map((x) => (
            <option key={x.id} value={x.id}>{`${x.code} · ${x.name}`}</option>
          ))}
        </select>
        {test && (rules[c.code] || unitDiffers(c, answer)) && (
          <UnitRule
            test={test.name}
            sent={c.unit}
            unit={test.unit}
            value={rules[c.code]}
            onChange={(rule) => onRule(c.code, rule)}
          />
        )}
      </div>
    </div>
  );
}
