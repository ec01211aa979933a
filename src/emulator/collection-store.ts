import { joinMembers, jsonMembers } from './json-members.ts';
import { compactJson, isObject } from './json-style.ts';
import { KeyCursor, type KeySelection } from './key-scan.ts';
import { LinePacker } from './line-packer.ts';
import type { Conditions } from './record-selection.ts';
import { checkSize } from './record-store.ts';
import type { PackedLine } from './record-view.ts';
import { Refusal } from './refusal.ts';
import { SortedKeys } from './sorted-keys.ts';

/** The types of a collection: `s` store, `cs` cached, `vs` versioned, `vcs` both. */
export const collectionTypes = ['s', 'cs', 'vs', 'vcs'] as const;
/** A type of a collection: `s` store, `cs` cached, `vs` versioned, `vcs` both. */
export type CollectionType = (typeof collectionTypes)[number];

export function isCollectionType(value: string): value is CollectionType {
  return (collectionTypes as readonly string[]).includes(value);
}

/** What a collection may be called. */
export const collectionName: RegExp = /^\w+$/;

/** How long a cached record lives: 30 days, in milliseconds. */
export const cachedLifetime = 2_592_000_000;

/** How many copies of a record a versioned collection keeps, the newest included. */
const keptVersions = 3;

/** A record on its way into a collection. */
export interface CollectionRecord {
  readonly key: string;
  /** Compact JSON of the rest. */
  readonly line: string;
}

/** Takes the key off a record. Throws a `Refusal`. */
export function collectionRecord(value: unknown, text: string): CollectionRecord {
  const key = isObject(value) ? value._key : undefined;
  if (typeof key !== 'string' || key === '') {
    throw new Refusal(400, 'Error parsing data, missing value for _key field');
  }
  const compact = compactJson(text);
  checkSize(compact);
  return { key, line: joinMembers(jsonMembers(compact).filter(({ name }) => name !== '"_key"')) };
}

/** The records of one collection, by their keys. */
export class Collection {
  readonly type: CollectionType;
  readonly name: string;
  readonly #isCached: boolean;
  readonly #isVersioned: boolean;
  readonly #keys = new SortedKeys();
  readonly #newest = new Map<string, PackedLine>();
  /** Of versioned collections: what was there before, the newest first. */
  readonly #older = new Map<string, readonly PackedLine[]>();
  readonly #packer = new LinePacker();

  constructor(type: CollectionType, name: string) {
    this.type = type;
    this.name = name;
    this.#isCached = type.includes('c');
    this.#isVersioned = type.startsWith('v');
  }

  /** Adds a record or takes the place of the one that has its key. */
  set(record: CollectionRecord, time: number): void {
    const { key, line } = record;
    const previous = this.#newest.get(key);
    this.#newest.set(key, this.#packer.pack(line, time));
    if (previous === undefined) this.#keys.add(key);
    else if (this.#isVersioned) {
      this.#older.set(key, [previous, ...(this.#older.get(key) ?? [])].slice(0, keptVersions - 1));
    }
  }

  /** Removes a record with all its versions; it need not be there. */
  delete(key: string): void {
    if (!this.#newest.delete(key)) return;
    this.#older.delete(key);
    this.#keys.delete(key);
  }

  /**
   * The record of a key that is not older than its type allows. With bounds in time, of a versioned collection: the
   * newest one that lies within them.
   */
  get(key: string, now: number, bounds?: Conditions): PackedLine | undefined {
    const newest = this.#newest.get(key);
    if (newest === undefined) return undefined;
    if (this.#isCached && newest.time + cachedLifetime <= now) {
      this.delete(key);
      return undefined;
    }
    const end = bounds?.endTime;
    if (!this.#isVersioned || end === undefined || newest.time < end) return newest;
    return this.#older.get(key)?.find(({ time }) => time < end);
  }

  /** Goes over the records that a selection wants, in the order of the bytes of their keys. */
  cursor(selection: KeySelection, now: number, bounds: Conditions): KeyCursor {
    return new KeyCursor(this.#keys, selection, (key, view) => {
      const line = this.get(key, now, bounds);
      if (line !== undefined) view.show(key, line);
      return line !== undefined;
    });
  }
}

/** The collections of a project: four types under one name are four collections. */
export class Collections {
  readonly #collections = new Map<string, Collection>();

  /** In the order of their names, then of their types. */
  get all(): readonly Collection[] {
    return [...this.#collections.values()].sort((left, right) =>
      left.name === right.name
        ? collectionTypes.indexOf(left.type) - collectionTypes.indexOf(right.type)
        : left.name < right.name
          ? -1
          : 1,
    );
  }

  find(type: CollectionType, name: string): Collection | undefined {
    return this.#collections.get(`${type}/${name}`);
  }

  /** The collection of a name, made when it is new. */
  open(type: CollectionType, name: string): Collection {
    const known = this.find(type, name);
    if (known !== undefined) return known;
    const collection = new Collection(type, name);
    this.#collections.set(`${type}/${name}`, collection);
    return collection;
  }

  /** Drops the collections of a name, of all types. */
  drop(name: string): void {
    for (const type of collectionTypes) this.#collections.delete(`${type}/${name}`);
  }
}
