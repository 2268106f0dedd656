// Takes pictures of every screen over the fixture: `node scripts/look.mjs edge OUT [screen...]`. For people who change a
// screen: look at it in both sizes, both themes and both languages before calling it done.
import { mkdir } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { serve } from '../e2e/fixture/server.mjs';
import { screens } from '../e2e/fixture/screens.mjs';

const [app = 'edge', out = 'pictures', ...only] = process.argv.slice(2);
await mkdir(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const looks = [
  { name: 'wide', size: { width: 1366, height: 768 }, lang: 'en', theme: 'light' },
  { name: 'wide-hi-dark', size: { width: 1366, height: 768 }, lang: 'hi', theme: 'dark' },
  { name: 'wide-dark', size: { width: 1366, height: 768 }, lang: 'en', theme: 'dark', extra: true },
  { name: 'wide-hi', size: { width: 1366, height: 768 }, lang: 'hi', theme: 'light', extra: true },
  { name: 'phone', size: { width: 390, height: 844 }, lang: 'en', theme: 'light' },
  { name: 'phone-hi-dark', size: { width: 390, height: 844 }, lang: 'hi', theme: 'dark', extra: true },
];
const wanted = process.env.LOOKS?.split(',');
for (const look of looks.filter((l) => (wanted ? wanted.includes(l.name) : !l.extra))) {
  for (const screen of screens[app].filter((s) => only.length === 0 || only.includes(s.name))) {
    const server = await serve(app, 0, screen.state ?? 'in');
    const context = await browser.newContext({ viewport: look.size, colorScheme: look.theme });
    await context.addInitScript(
      ([lang, theme]) => {
        localStorage.setItem('jaanch.language', lang);
        localStorage.setItem('jaanch.theme', theme);
      },
      [look.lang, look.theme],
    );
    const page = await context.newPage();
    const said = [];
    page.on('console', (m) => m.type() === 'error' && !/WebSocket|401/.test(m.text()) && said.push(m.text()));
    page.on('pageerror', (e) => said.push(String(e)));
    await page.goto(server.url + screen.path);
    await page.waitForLoadState('networkidle').catch(() => undefined);
    if (screen.act) await screen.act(page);
    await page.waitForTimeout(350);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    await page.screenshot({ path: `${out}/${screen.name}-${look.name}.png` });
    console.log(screen.name, look.name, wide > 0 ? `OVERFLOWS by ${wide}` : '', ...said.slice(0, 3));
    await context.close();
    await server.close();
  }
}
await browser.close();
