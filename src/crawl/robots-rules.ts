/** A line of robots.txt that allows or forbids. */
export interface RobotsRule {
  /** As robots.txt has it: `Disallow: /private`. */
  readonly text: string;
  readonly isAllowed: boolean;
}

/** What a rule is made of. */
interface Rule extends RobotsRule {
  /** In its comparable form. */
  readonly pattern: string;
}

interface WildRule extends Rule {
  /** The pattern between its wildcards. */
  readonly parts: readonly string[];
  /** Whether it ends where the path does. */
  readonly isWhole: boolean;
}

/** How many characters are looked at for one URL at most, so that no robots.txt costs more than some milliseconds. */
const MOST_STEPS = 4_000_000;

/** What is answered when that is not enough. */
const TOO_MANY: RobotsRule = { text: 'more rules with wildcards than can be looked at', isAllowed: false };

/**
 * Rules of one crawler for one site: the longest that matches counts, and what allows counts before what forbids (RFC
 * 9309, section 2.2.2). Those without wildcards are looked up, whatever their number.
 */
export class RuleSet {
  readonly #plain = new Map<string, Rule>();
  readonly #wild = new Map<string, WildRule>();
  /** The lengths that plain patterns have, the longest first; undefined when there are new ones. */
  #lengths: readonly number[] | undefined;
  #sorted: readonly WildRule[] = [];

  /** Adds a rule; `pattern` in its comparable form. */
  add(pattern: string, rule: RobotsRule): void {
    this.#lengths = undefined;
    const isWild = pattern.includes('*') || pattern.endsWith('$');
    const rules: Map<string, Rule> = isWild ? this.#wild : this.#plain;
    if (rules.get(pattern)?.isAllowed) return;
    if (!isWild) {
      rules.set(pattern, { ...rule, pattern });
      return;
    }
    const isWhole = pattern.endsWith('$');
    const parts = (isWhole ? pattern.slice(0, -1) : pattern).split(/\*+/);
    this.#wild.set(pattern, { ...rule, pattern, parts, isWhole });
  }

  /** The rule that counts for a path in its comparable form; undefined where none matches. */
  find(path: string): RobotsRule | undefined {
    this.#lengths ??= this.#sort();
    let plain: Rule | undefined;
    for (const length of this.#lengths) {
      plain = length <= path.length ? this.#plain.get(path.slice(0, length)) : undefined;
      if (plain) break;
    }
    let steps = 0;
    for (const rule of this.#sorted) {
      const { length } = rule.pattern;
      if (plain && (length < plain.pattern.length || (length === plain.pattern.length && plain.isAllowed))) break;
      if (!path.startsWith(rule.parts[0] as string)) continue;
      steps += path.length + length;
      if (steps > MOST_STEPS) return TOO_MANY;
      if (matches(path, rule)) return rule;
    }
    return plain;
  }

  #sort(): readonly number[] {
    this.#sorted = [...this.#wild.values()].sort(
      (left, right) => right.pattern.length - left.pattern.length || Number(right.isAllowed) - Number(left.isAllowed),
    );
    return [...new Set([...this.#plain.keys()].map((pattern) => pattern.length))].sort((left, right) => right - left);
  }
}

/** Looks for each part behind the one before: the first place is as good as any, so nothing is looked at twice. */
function matches(path: string, { isWhole, parts }: WildRule): boolean {
  const last = parts.length - 1;
  let at = (parts[0] as string).length;
  for (let index = 1; index < (isWhole ? last : parts.length); index++) {
    const part = parts[index] as string;
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  if (!isWhole) return true;
  const end = parts[last] as string;
  return last === 0 ? path.length === at : path.length - end.length >= at && path.endsWith(end);
}
