import { chromium, type Browser, type Page } from 'playwright-core';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** openBrowser starts the system's Chromium; JAANCH_CHROMIUM names another one. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.JAANCH_CHROMIUM ?? '/usr/bin/chromium', args: flags });
}

/** openPage opens a page of its own session in English, and collects what the page complains about. */
export async function openPage(
  browser: Browser,
  size = { width: 1366, height: 768 },
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: size, ignoreHTTPSErrors: true });
  // A PDF in a frame is a page of its own without storage.
  await context.addInitScript(() => globalThis.localStorage?.setItem('jaanch.language', 'en'));
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (e) => complaints.push(String(e)));
  page.on('console', (m) => {
    if (m.type() === 'error' && /Content Security Policy|Uncaught/.test(m.text())) complaints.push(m.text());
  });
  return { page, complaints };
}
