import { utf8Length } from './bytes.ts';
import { compactJson, isObject } from './json-style.ts';
import { msgpackSize } from './msgpack-size.ts';
import { Refusal } from './refusal.ts';
import type { RecordKind, ResourceName } from './resource.ts';

function asObject(value: unknown, resource: string): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new Refusal(400, `Error parsing data, a record of ${resource} must be a JSON object`);
  return value;
}

function fieldsOf(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value).filter((name) => value[name] !== undefined) : [];
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

/** Records that are objects of any form, kept as they were sent. */
function objectKind(name: RecordKind['name']): RecordKind {
  return {
    name,
    terminated: true,
    meta: 'last',
    entry(value, text) {
      asObject(value, name);
      return { line: text === undefined ? JSON.stringify(value) : compactJson(text), value };
    },
    stats: undefined,
  };
}

const items: RecordKind = { ...objectKind('items'), stats: { count: fieldsOf, size: msgpackSize } };

const logs: RecordKind = {
  name: 'logs',
  terminated: false,
  meta: 'first',
  // Other fields are dropped by the server.
  entry(value, _text, now) {
    const { time = now, level = 20, message = '' } = asObject(value, 'logs');
    const stored = { time, level, message };
    return { line: JSON.stringify(stored), value: stored };
  },
  stats: {
    count: (value) => [String(field(value, 'level'))],
    size: (value) => utf8Length(String(field(value, 'message'))) + 1,
  },
};

/** The order in which requests are read; `null` and absent fields are left out. */
const requestFields = ['time', 'parent', 'duration', 'status', 'method', 'rs', 'url', 'fp'] as const;
/** The order of their statistics, which leave out the time. */
const countedFields = ['url', 'parent', 'status', 'method', 'rs', 'duration', 'fp'] as const;

const requests: RecordKind = {
  name: 'requests',
  terminated: false,
  meta: 'first',
  entry(value, _text, now) {
    const given = { ...asObject(value, 'requests') };
    given.time ??= now;
    const stored = Object.fromEntries(
      requestFields
        .filter((name) => given[name] !== undefined && given[name] !== null)
        .map((name) => [name, given[name]]),
    );
    return { line: JSON.stringify(stored), value: stored };
  },
  stats: {
    count: (value) => countedFields.filter((name) => field(value, name) !== undefined),
    // Fits the recordings: three bytes, and these fields in msgpack; a missing parent counts as nil, a fingerprint only when there.
    size: (value) =>
      3 +
      ['url', 'status', 'rs', 'duration', 'parent'].reduce(
        (size, name) => size + msgpackSize(field(value, name) ?? null),
        0,
      ) +
      (field(value, 'fp') === undefined ? 0 : msgpackSize(field(value, 'fp'))),
  },
};

const samples: RecordKind = {
  name: 'samples',
  terminated: false,
  meta: 'none',
  entry(value, text) {
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'number')) {
      throw new Refusal(400, 'Error parsing data, a sample must be a JSON array of numbers');
    }
    return { line: text === undefined ? JSON.stringify(value) : compactJson(text), value };
  },
  stats: undefined,
};

/** Records of collections, which are kept without their keys. */
export const collectionKind: RecordKind = objectKind('collections');

/** Fingerprints and batches of frontiers. */
export const fingerprintKind: RecordKind = objectKind('fingerprints');

/** Events of a project's activity. */
export const eventKind: RecordKind = objectKind('activity');

/** The kinds of data of a job, by the first segment of their paths. */
export const recordKinds: Readonly<Record<ResourceName, RecordKind>> = { items, logs, requests, samples };
