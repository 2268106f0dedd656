import { describe, expect, it } from 'vitest';
import { ruleWords, usualFactor } from './UnitRule';

describe('a declared conversion', () => {
  it('reads like a formula', () => {
    expect(ruleWords({ from_unit: 'mmol/L', factor: '18.016' })).toBe('mmol/L × 18.016');
    expect(ruleWords({ from_unit: 'mmol/mol', factor: '0.0915', offset: '2.15' })).toBe('mmol/mol × 0.0915 + 2.15');
    expect(ruleWords({ from_unit: 'F', factor: '0.5', offset: '-2' })).toBe('F × 0.5 − 2');
  });
  it('offers a textbook factor only for the analyte and both units', () => {
    expect(usualFactor('Glucose fasting', 'mmol/L', 'mg/dL')).toBe('18.016');
    expect(usualFactor('Creatinine', 'µmol/L', 'mg/dL')).toBe('0.011312');
    expect(usualFactor('Haemoglobin', 'g/L', 'g/dL')).toBe('0.1');
    expect(usualFactor('Sodium', 'mmol/L', 'mg/dL')).toBeUndefined();
    expect(usualFactor('Glucose fasting', 'mg/dL', 'mmol/L')).toBeUndefined();
  });
});
