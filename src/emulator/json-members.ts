const quote = 34;
const backslash = 92;
const comma = 44;
const colon = 58;

/** A member of an object as it stands in a JSON text. */
export interface JsonMember {
  /** With its quotes. */
  readonly name: string;
  readonly value: string;
}

function endOfString(text: string, begin: number): number {
  let position = begin + 1;
  while (text.charCodeAt(position) !== quote) position += text.charCodeAt(position) === backslash ? 2 : 1;
  return position + 1;
}

// The end of the value that begins here: the next comma or bracket of the object itself.
function endOfValue(text: string, begin: number): number {
  let depth = 0;
  let position = begin;
  for (;;) {
    const code = text.charCodeAt(position);
    if (code === quote) {
      position = endOfString(text, position);
      continue;
    }
    // `[` and `{`, `]` and `}` differ from one another in one bit.
    if ((code | 32) === 123) depth += 1;
    else if ((code | 32) === 125) {
      if (depth === 0) return position;
      depth -= 1;
    } else if (code === comma && depth === 0) return position;
    position += 1;
  }
}

/**
 * The members of an object, of its valid and compact JSON text. As texts, because a pass through objects would move
 * names that look like numbers and round big integers.
 */
export function jsonMembers(text: string): JsonMember[] {
  const members: JsonMember[] = [];
  let position = 1;
  while (text.charCodeAt(position) === quote) {
    const nameEnd = endOfString(text, position);
    if (text.charCodeAt(nameEnd) !== colon) break;
    const valueEnd = endOfValue(text, nameEnd + 1);
    members.push({ name: text.slice(position, nameEnd), value: text.slice(nameEnd + 1, valueEnd) });
    position = valueEnd + 1;
  }
  return members;
}

/** The JSON text of an object of members. */
export function joinMembers(members: readonly JsonMember[]): string {
  return `{${members.map(({ name, value }) => `${name}:${value}`).join(',')}}`;
}
