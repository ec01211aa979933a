/** Tags after a change: removed ones are gone, added ones are at the end, none is there twice. */
export function changeTags(tags: readonly string[], add: readonly string[], remove: readonly string[]): string[] {
  const kept = tags.filter((tag) => !remove.includes(tag));
  return [...new Set([...kept, ...add])];
}
