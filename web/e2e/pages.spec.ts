import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from './browser';
import { screens } from './fixture/screens.mjs';
import { serve } from './fixture/server.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary?: string }[];
}

/** Every screen over the made-up API: readable by everybody, inside its width, and silent under the real security policy. */
describe.each(Object.entries(screens))('screens of %s', (app, list) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it.concurrent.each(list.map((s) => [s.name, s] as const))('%s', async (_name, screen) => {
    const server = await serve(app, 0, screen.state ?? 'in');
    try {
      for (const scheme of ['light', 'dark'] as const) {
        const { page, complaints } = await openPage(browser);
        await page.emulateMedia({ colorScheme: scheme });
        await page.goto(server.url + screen.path);
        await page.locator('main').waitFor();
        await page.waitForTimeout(700); // the made-up API answers at once; charts and lists have settled by then
        await screen.act?.(page);
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
          const run = (window as unknown as { axe: { run: (o: object) => Promise<{ violations: Violation[] }> } }).axe
            .run;
          return (await run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] })).violations;
        });
        expect(
          found.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`),
          scheme,
        ).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(
          0,
        );
        expect(complaints).toEqual([]);
        await page.context().close();
      }
    } finally {
      await server.close();
    }
  });
});
