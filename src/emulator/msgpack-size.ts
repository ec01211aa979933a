import { utf8Length } from './bytes.ts';

function integerSize(value: number): number {
  if (value >= 0) {
    if (value < 0x80) return 1;
    if (value < 0x100) return 2;
    if (value < 0x10000) return 3;
    return value < 0x100000000 ? 5 : 9;
  }
  if (value >= -0x20) return 1;
  if (value >= -0x80) return 2;
  if (value >= -0x8000) return 3;
  return value >= -0x80000000 ? 5 : 9;
}

function stringSize(text: string): number {
  const length = utf8Length(text);
  if (length < 32) return 1 + length;
  if (length < 0x100) return 2 + length;
  return length < 0x10000 ? 3 + length : 5 + length;
}

function headSize(entries: number): number {
  if (entries < 16) return 1;
  return entries < 0x10000 ? 3 : 5;
}

/**
 * The size of a JSON value in msgpack, which is how the server measures `input_bytes`, without encoding it.
 * Members that JSON leaves out count nothing.
 */
export function msgpackSize(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return stringSize(value);
    case 'number':
      return Number.isInteger(value) ? integerSize(value) : 9;
    case 'object': {
      if (value === null) return 1;
      if (Array.isArray(value))
        return value.reduce<number>((size, entry) => size + msgpackSize(entry), headSize(value.length));
      if ('toJSON' in value && typeof value.toJSON === 'function') return msgpackSize(value.toJSON());
      let size = 0;
      let entries = 0;
      for (const [key, entry] of Object.entries(value)) {
        if (entry === undefined) continue;
        entries += 1;
        size += stringSize(key) + msgpackSize(entry);
      }
      return size + headSize(entries);
    }
    default:
      return 1;
  }
}
