/** What the second person gets to see before they say yes. They get the whole text that would run: their own command line checks its hash. */
import { textHash } from '../../../../shared/runtime/signing/signed-act.js';
import { factsOf } from '../decide/decisions.js';
import { masked } from '../decide/masking.js';
import type { Act, DeadLetter, Reading } from '../decide/operator.js';
import { Refusal } from './exchange.js';
import { actShown } from './looking.js';

const letterOf = async (reading: Reading, act: Act): Promise<DeadLetter | null> => {
  const { eventId, service } = act.details;
  if (typeof eventId !== 'string' || typeof service !== 'string') return null;
  const { items } = await reading.deadLetters({ eventId, resolvedToo: false, limit: 10 });
  return items.find((letter) => letter.service === service) ?? null;
};

const correctedIn = ({ details }: Act): string | null => {
  const { correctedValue } = details;
  return typeof correctedValue === 'string' && correctedValue !== '' ? correctedValue : null;
};

/** @throws Refusal when the text that would run is not the one whose hash the first person signed. */
const expectSigned = (act: Act, letter: DeadLetter): void => {
  if (textHash(correctedIn(act) ?? letter.value) !== act.details['text'] || String(letter.attempts) !== act.details['attempts'])
    throw new Refusal(
      409,
      'changed-since',
      'The text is not the one that was signed: withdraw the act, and ask again',
      `${act.madeBy} signed act ${act.id}`,
    );
};

const waitingLetter = async (reading: Reading, act: Act): Promise<DeadLetter> => {
  const letter = await letterOf(reading, act);
  if (letter === null) throw new Refusal(409, 'nothing-selected', 'This message does not wait any more', act.target);
  expectSigned(act, letter);
  return letter;
};

export const expectSameText = async (reading: Reading, act: Act): Promise<void> => {
  if (act.kind !== 'answer-effect' && act.actId !== null) await waitingLetter(reading, act);
};

const messageShown = async (reading: Reading, act: Act): Promise<object> => {
  const letter = await waitingLetter(reading, act);
  const { eventId, service, topic, portfolioId, reason, value } = letter;
  const open = portfolioId === null ? [] : await reading.openJourneysOf([portfolioId]);
  const journeys = open
    .filter((one) => one.service === service && one.portfolioId === portfolioId)
    .map(({ id, flow, status, amount, currency }) => ({ id, flow, status, amount, currency }));
  return { eventId, service, topic, portfolioId, reason, stored: value, corrected: correctedIn(act), journeys };
};

const effectShown = async (reading: Reading, act: Act): Promise<object | null> => {
  const { effectId } = act.details;
  const effect = typeof effectId === 'string' ? await reading.effect(effectId) : null;
  if (effect === null) return null;
  const { act: _act, request, ...rest } = effect;
  return { ...rest, request: masked(request) };
};

/** `asks` holds every fact that is signed. Personal data: only whoever may approve gets it. @throws Refusal when nothing can be approved. */
export const approvalShown = async (reading: Reading, act: Act): Promise<object> => {
  const asks = factsOf(act);
  if (asks === null)
    throw new Refusal(409, 'before-signatures', 'It was asked for before people signed their acts: withdraw it, and ask again');
  const { correctedValue: _correctedValue, ...facts } = { correctedValue: null, ...asks };
  return {
    act: actShown(act),
    asks: facts,
    message: act.kind === 'answer-effect' ? null : await messageShown(reading, act),
    effect: act.kind === 'answer-effect' ? await effectShown(reading, act) : null,
  };
};
