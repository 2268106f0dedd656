import type { Page } from 'playwright-core';

/** The steps of a journey, found by role and by the words that a person reads; test ids only where there are no words. */

/** logIn opens a node or a hub and logs in. */
export async function logIn(page: Page, url: string, who: { login: string; password: string }): Promise<void> {
  await page.goto(url);
  await page.getByLabel('User name').fill(who.login);
  await page.getByLabel('Password').fill(who.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByTestId('user').waitFor();
}

/** logOut ends the session of the page. */
export async function logOut(page: Page): Promise<void> {
  await page.getByTestId('user').click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByLabel('User name').waitFor();
}

/** register takes a new person with tests at the desk, with the keyboard, and gives the tubes' numbers by their tests. */
export async function register(
  page: Page,
  url: string,
  person: { name: string; sex: 'Male' | 'Female'; age: string; phone?: string },
  tests: string[],
  wishes: { whatsapp?: boolean; later?: boolean } = {}, // the report in English to the phone, with consent; money later
): Promise<{ visit: string; tubes: { accession: string; tests: string }[] }> {
  await page.goto(`${url}/reception`);
  await page.getByTestId('patient-search').waitFor();
  await page.keyboard.press('F2');
  await page.getByTestId('patient-name').fill(person.name);
  await page.getByRole('group', { name: 'Sex' }).getByRole('button', { name: person.sex, exact: true }).click();
  await page.getByTestId('patient-age').fill(person.age);
  if (person.phone) await page.getByTestId('patient-phone').fill(person.phone);
  for (const code of tests) {
    await page.getByTestId('test-search').fill(code);
    await page.getByRole('option').filter({ hasText: code }).first().waitFor();
    await page.getByTestId('test-search').press('Enter');
    await page.getByTestId(`picked-${code}`).waitFor();
  }
  if (wishes.whatsapp) {
    await page.getByRole('button', { name: 'English', exact: true }).click();
    await page.getByLabel('WhatsApp').check();
    await page.getByLabel('Consent taken').check();
  }
  if (wishes.later) await page.getByRole('group', { name: 'Paid by' }).getByRole('button', { name: 'Later' }).click();
  const save = page.getByTestId('save-visit');
  await save.and(page.locator(':enabled')).waitFor();
  await page.keyboard.press('Control+Enter');
  const saved = page.getByTestId('saved');
  await saved.waitFor();
  const visit = (await saved.getAttribute('data-visit')) ?? '';
  const rows = await saved.getByRole('listitem').all();
  const tubes = await Promise.all(
    rows.map(async (r) => {
      const accession = (await r.getByTestId('saved-accession').innerText()).trim();
      return { accession, tests: (await r.innerText()).replace(accession, '').trim() };
    }),
  );
  return { visit, tubes };
}

/** enrol joins the hub on the screen of the node's administrator. */
export async function enrol(page: Page, url: string, hub: string, code: string): Promise<void> {
  await page.goto(`${url}/setup/network`);
  await page.getByLabel('Address of the hub').fill(hub);
  await page.getByLabel('Enrolment code').fill(code);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText(`Joined to ${hub}`).waitFor();
}

/** synced waits until the words at the top right say that the node stands so with the hub; nobody reloads. */
export async function synced(page: Page, state: 'online' | 'offline', within = 60_000): Promise<void> {
  await page.locator(`[data-testid="sync"][data-state="${state}"]`).waitFor({ timeout: within });
}

/** collect marks every tube of the first person in the queue as drawn. */
export async function collect(page: Page, url: string, visit: string): Promise<void> {
  await page.goto(`${url}/collection?visit=${visit}`);
  await page.getByTestId('open-patient').waitFor();
  await page.getByRole('button', { name: 'Tick all' }).click();
  await page.getByTestId('collected').click();
  await page.waitForURL((u) => !u.searchParams.has('visit'));
}

/** receive takes tubes in at the bench by their numbers. */
export async function receive(page: Page, url: string, accessions: string[]): Promise<void> {
  await page.goto(`${url}/bench/receive`);
  for (const a of accessions) {
    await page.getByTestId('receive').fill(a);
    await page.getByTestId('receive').press('Enter');
    await page.getByRole('row').filter({ hasText: a }).first().waitFor();
  }
}

/** openSample shows one tube at the bench, found through the scan bar as a person would. */
export async function openSample(page: Page, url: string, accession: string): Promise<void> {
  await page.goto(`${url}/`);
  await page.getByTestId('scan').fill(accession);
  await page.getByTestId('scan').press('Enter');
  await page.locator(`[data-testid="group"][data-accession="${accession}"]`).waitFor();
}

/** value is the row of a test in the worklist, in any state or in one of these. */
export function value(page: Page, code: string, states: string[] = []) {
  const row = `[data-testid="result-row"][data-code="${code}"]`;
  return page.locator(states.length === 0 ? row : states.map((s) => `${row}[data-state="${s}"]`).join(', '));
}

/** sign decides every hold by accepting it, proves who signs when asked, and releases the report. */
export async function sign(page: Page, url: string, visit: string, password: string): Promise<void> {
  await page.goto(`${url}/verify?visit=${visit}`);
  const decision = page.getByTestId('decision');
  await decision.waitFor();
  const holds = decision.getByTestId('hold');
  for (let i = 0; i < (await holds.count()); i += 1) {
    await holds.nth(i).click();
    const accept = holds.nth(i).getByRole('button', { name: 'Accept' });
    await accept.click();
    await holds.nth(i).getByText('Accepted').waitFor();
  }
  const partial = page.getByTestId('partial');
  if (await partial.isVisible()) await partial.check();
  const release = page.waitForResponse((r) => r.url().endsWith('/sign') && r.ok());
  await page.getByTestId('sign').click();
  const proof = page.getByTestId('step-up');
  await Promise.race([release, proof.waitFor().catch(() => undefined)]);
  if (await proof.isVisible()) {
    await proof.getByLabel('Password').fill(password);
    await proof.getByRole('button', { name: 'Continue' }).click();
  }
  await release;
}

/** openReport opens the newest report and gives the bytes of its PDF. */
export async function openReport(page: Page, url: string): Promise<Buffer> {
  await page.goto(`${url}/reports`);
  await page.getByTestId('report-row').first().click();
  const src = await page.getByTestId('report-pdf').getAttribute('src');
  const answer = await page.request.get(new URL(src?.split('#')[0] ?? '', url).href);
  return answer.body();
}

/** enterDown types values down one column of the grid over samples, with the keyboard alone, and waits until they stand. */
export async function enterDown(
  page: Page,
  url: string,
  section: string,
  pick: string,
  values: Record<string, string>, // by lab number
): Promise<void> {
  await page.goto(`${url}/bench?section=${section}&view=grid`);
  await page.getByTestId(`pick-${pick}`).click();
  const cell = (accession: string) =>
    page.locator(`[data-testid="sheet-line"][data-accession="${accession}"] [data-testid="sheet-cell"]`);
  const lines = page.getByTestId('sheet-line');
  await lines.first().waitFor();
  await page.keyboard.press('ArrowDown'); // into the first cell
  for (let i = 0; i < (await lines.count()); i += 1) {
    const accession = (await lines.nth(i).getAttribute('data-accession')) ?? '';
    await page.getByTestId('cell').waitFor();
    await page.keyboard.type(values[accession] ?? '');
    await page.keyboard.press('Enter');
  }
  for (const accession of Object.keys(values)) {
    await cell(accession).and(page.locator('[data-state="entered"], [data-state="held"]')).waitFor();
  }
}

/** amend replaces a released value from the newest report, and proves who does it when asked. */
export async function amend(
  page: Page,
  url: string,
  change: { test: string; value: string; reason: string },
  password: string,
): Promise<void> {
  await page.goto(`${url}/reports`);
  await page.getByTestId('report-row').first().click();
  await page.getByTestId('amend').click();
  const dialog = page.getByTestId('amend-dialog');
  const test = dialog.getByLabel('Test');
  const option = test.locator('option', { hasText: change.test });
  await option.waitFor({ state: 'attached' });
  await test.selectOption({ label: (await option.innerText()).trim() });
  await dialog.getByLabel('New value').fill(change.value);
  await dialog.getByLabel('Reason').fill(change.reason);
  const done = page.waitForResponse((r) => r.url().endsWith('/amend') && r.ok());
  await dialog.getByRole('button', { name: 'Amend and release' }).click();
  const proof = page.getByTestId('step-up');
  await Promise.race([done, proof.waitFor().catch(() => undefined)]);
  if (await proof.isVisible()) {
    await proof.getByLabel('Password').fill(password);
    await proof.getByRole('button', { name: 'Continue' }).click();
  }
  await done;
}
