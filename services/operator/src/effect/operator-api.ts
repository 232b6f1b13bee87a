/** How the command line asks the operators' API. */
import { parseJson, printJson, type Json } from '../../../../shared/kernel/json.js';
import { Refused, ServiceAway, type Connect } from '../decide/asked.js';

const TIMEOUT_MS = 30_000;

const whatWasSaid = (text: string, status: number): string => {
  try {
    const problem = parseJson(text) as { readonly [key: string]: Json } | null;
    const [title, detail, code] = ['title', 'detail', 'code'].map((key) => (typeof problem?.[key] === 'string' ? problem[key] : null));
    if (title !== null && title !== undefined)
      return `${title}${detail === null || detail === undefined ? '' : `: ${detail}`} (${String(code)})`;
  } catch {
    return `the service answered ${status}, and not in JSON`;
  }
  return `the service answered ${status}`;
};

export const operatorApi =
  (fetchFrom: typeof fetch): Connect =>
  (address) =>
  async (method, path, content) => {
    let status: number;
    let text: string;
    try {
      const response = await fetchFrom(`${address.url.replace(/\/+$/, '')}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${address.token}`,
          ...(address.name === null ? {} : { 'operator-name': address.name }),
          ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(content === undefined ? {} : { body: printJson(content) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      ({ status } = response);
      text = await response.text();
    } catch (error) {
      throw new ServiceAway(
        `the operator service at ${address.url} does not answer: ${error instanceof Error ? error.message : 'unknown'}`,
      );
    }
    if (status === 502 || status === 503 || status === 504) throw new ServiceAway(whatWasSaid(text, status));
    if (status < 200 || status > 299) throw new Refused(whatWasSaid(text, status));
    return parseJson(text);
  };
