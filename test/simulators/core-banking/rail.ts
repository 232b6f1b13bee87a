/**
 * How this bank puts the name of a payee on the rail: 140 characters of the Latin alphabet without accents, the digits, and
 * `/ - ? : ( ) . , ' +`. It writes other letters as its clerks do, and refuses what they have no way to write.
 */

const LONGEST = 140;
const RAIL = /^[a-zA-Z0-9/\-?:().,'+ ]*$/;

/** What clerks write for a letter or a mark that loses more than its accent. */
const WRITTEN: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ħ: 'h', ı: 'i', ŋ: 'n', ĸ: 'k' },
  ...{ ĳ: 'ij', ŀ: 'l', ŉ: 'n', ŧ: 't', ſ: 's' },
  ...{ α: 'a', β: 'v', γ: 'g', δ: 'd', ε: 'e', ζ: 'z', η: 'i', θ: 'th', ι: 'i', κ: 'k', λ: 'l', μ: 'm', ν: 'n', ξ: 'x', ο: 'o' },
  ...{ π: 'p', ρ: 'r', σ: 's', ς: 's', τ: 't', υ: 'y', φ: 'f', χ: 'ch', ψ: 'ps', ω: 'o' },
  ...{ а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ж: 'zh', з: 'z', и: 'i', к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p' },
  ...{
    р: 'r',
    с: 's',
    т: 't',
    у: 'u',
    ф: 'f',
    х: 'h',
    ц: 'ts',
    ч: 'ch',
    ш: 'sh',
    щ: 'sht',
    ъ: 'a',
    ы: 'y',
    ь: 'y',
    э: 'e',
    ю: 'yu',
    я: 'ya',
  },
  ...{ є: 'ye', і: 'i', ґ: 'g', ђ: 'dj', ћ: 'c', љ: 'lj', њ: 'nj', џ: 'dz', ј: 'j', ѕ: 'dz' },
  ...{ '’': "'", '‘': "'", '“': "'", '”': "'", '"': "'", '–': '-', '·': '.', '&': '+', '@': '.', _: '-', ';': ',', '!': '.', '*': '.' },
  ...{ '#': '.', $: '.', '%': '.', '<': '.', '>': '.', '=': '.', '[': '(', ']': ')', '{': '(', '}': ')', '\\': '/', '^': '.', '`': "'" },
  ...{ '|': '/', '~': '-' },
};

const written = (character: string): string => {
  const plain = character.normalize('NFD').replace(/\p{Mn}/gu, '');
  if (RAIL.test(plain)) return plain;
  return WRITTEN[plain.toLowerCase()] ?? character;
};

/** Reason of ISO 20022 (external status reason codes) why the name cannot go on the rail; null when it can. */
export const refusalOfName = (name: string): 'BE22' | 'RR10' | null => {
  const onTheRail = Array.from(name, written).join('');
  if (!/[a-zA-Z0-9]/.test(onTheRail) && RAIL.test(onTheRail)) return 'BE22';
  return RAIL.test(onTheRail) && Array.from(name).length <= LONGEST ? null : 'RR10';
};
