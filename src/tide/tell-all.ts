/** Calls all of them, whatever one of them throws, and then throws what the first one did. */
export function tellAll(all: Iterable<{ readonly listener: () => void }>): void {
  let failure: { readonly error: unknown } | undefined;
  // A copy: who is told may let go, or have others told.
  for (const { listener } of [...all]) {
    try {
      listener();
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure) throw failure.error;
}
