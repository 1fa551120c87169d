/** What keeps order in a room, as more than one journey does it. */
import type { Page } from '@playwright/test';
import { expect } from './people.ts';

/** The host does something about somebody, with a reason. */
export async function keepOrder(host: Page, name: string, act: string, reason: string): Promise<void> {
  await host.getByRole('button', { name: `Keep order: ${name}` }).click();
  const dialog = host.getByRole('dialog', { name: `Keep order: ${name}` });
  await dialog.getByRole('radio', { name: act }).check();
  await dialog.getByRole('button', { name: 'Do it' }).click();
  await expect(dialog.getByText('Say why')).toBeVisible();
  await dialog.getByRole('textbox', { name: /^Reason/ }).fill(reason);
  await dialog.getByRole('button', { name: 'Do it' }).click();
}

/** An administrator writes until when somebody is licensed for virtual rooms, or that nothing of a licence is known. */
export async function licence(admin: Page, who: string, period: Record<string, string> | undefined): Promise<void> {
  await admin.evaluate(
    async ([account, within]) => {
      const address = `/fhir/Practitioner/${account}`;
      const body = (await (await fetch(address)).json()) as Record<string, unknown>;
      const code = { coding: [{ system: 'urn:yuanyi:licence', code: 'virtual-room' }] };
      if (within) body['qualification'] = [{ code, period: within }];
      else delete body['qualification'];
      const headers = { 'Content-Type': 'application/fhir+json', 'X-Yuanyi-Client': '1' };
      const answer = await fetch(address, { method: 'PUT', headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`not written: ${answer.status}`);
    },
    [who, period] as const,
  );
}
