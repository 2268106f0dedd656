import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../browser';
import { startNode, type Node } from '../node';
import { binary, run } from '../process';
import { collect, logIn, logOut, openReport, openSample, receive, register, sign, value } from '../steps';

/**
 * The spine at the node: a person is registered, the tubes are drawn and received, an analyzer sends results by itself,
 * the pathologist signs, the report opens. Against the real binary on a data folder of its own.
 */
describe.skipIf(!binary('edge'))('from the desk to the signed report', () => {
  let browser: Browser;
  let node: Node;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    node = await startNode();
    browser = await openBrowser();
    ({ page, complaints } = await openPage(browser));
  });
  afterAll(async () => {
    await browser?.close();
    await node?.stop();
  });
  const who = (name: string): { login: string; password: string } => {
    const found = node.logins[name];
    if (!found) throw new Error(`no demonstration log-in "${name}" in:\n${node.process.output()}`);
    return found;
  };

  it('takes a sample from registration to the report', async () => {
    await logIn(page, node.url, who('reception'));
    const made = await register(
      page,
      node.url,
      { name: 'Asha Sharma', sex: 'Female', age: '34', phone: '9000000001' },
      ['CBC'],
    );
    expect(made.tubes.length).toBeGreaterThan(0);
    await logOut(page);

    await logIn(page, node.url, who('collect'));
    await collect(page, node.url, made.visit);
    await logOut(page);

    await logIn(page, node.url, who('tech'));
    const tube = made.tubes[0]?.accession ?? '';
    await receive(page, node.url, [tube]);
    await openSample(page, node.url, tube);
    expect(await value(page, 'HB').getAttribute('data-state')).toMatch(/pending|sent_to_analyzer/);

    const edge = binary('edge') ?? '';
    const analyzer = run(edge, [
      'simulate',
      '--target',
      `cbc=127.0.0.1:${node.astm}`,
      '--sample',
      tube,
      '--count',
      '1',
    ]);
    // Nobody reloads the page: the result appears by itself.
    await value(page, 'HB', ['entered', 'held']).waitFor({ timeout: 60_000 });
    await analyzer.stop();
    await logOut(page);

    await logIn(page, node.url, who('path'));
    await sign(page, node.url, made.visit, who('path').password);
    const pdf = await openReport(page, node.url);
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(complaints).toEqual([]);
  });
});
