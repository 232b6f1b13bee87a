/** One path segment: an id of theirs or ours, escaped. @throws RangeError for what would leave the segment. */
export const segment = (text: string): string => {
  if (text === '' || text === '.' || text === '..') throw new RangeError('not a path segment');
  return encodeURIComponent(text);
};

/** `?a=1&b=2`, escaped; absent values are left out. */
export const query = (values: Readonly<Record<string, string | undefined>>): string => {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
};
