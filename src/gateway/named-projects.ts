import { isObject, jsonValues } from './json-objects.ts';
import { Refusal } from './refusal.ts';
import { type Target, unknownProject } from './target.ts';

const ID = /^[1-9]\d{0,14}$/;
const KEY = /^([1-9]\d{0,14})(?:\/\d{1,15}){1,3}$/;
/** What some server might take for an id or a key, although it is not written as one. */
const NEARLY = /^[\s/]*[+-]?\d+(?:\.0*)?\s*(?:$|\/)/;

/** Gathers the projects that a request names, and refuses what names one in a way that could be misread. */
export class NamedProjects {
  readonly #ids = new Set<number>();

  /**
   * All of them, each one time.
   *
   * @throws Refusal when there is none.
   */
  get all(): readonly number[] {
    if (this.#ids.size === 0) throw unknownProject();
    return [...this.#ids];
  }

  /** The project that a path names. */
  addPath({ project }: Target): void {
    if (project !== undefined) this.#addId(project);
  }

  /** What parameters of a query or a form name. */
  addParameters(parameters: Iterable<readonly [string, string]>, { keys, isStrict, api }: Target): void {
    for (const [name, value] of parameters) {
      if (name === 'project' || (name === 'p' && api === 'storage')) this.#addId(value);
      else if (keys.includes(name)) this.#addKey(value, isStrict && (name === 'job' || name === 'key'));
    }
  }

  /** What the fields of a JSON body name. Those of commands must be what they are called. */
  addJson(text: string, { body }: Target): void {
    const isStrict = body === 'commands';
    for (const value of jsonValues(text)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (isObject(one)) this.#addFields(one, isStrict);
        else if (isStrict) throw unknownProject();
      }
    }
  }

  #addFields({ job, key, project }: Readonly<Record<string, unknown>>, isStrict: boolean): void {
    // A job's key in a command; in what is only stored it may be anything.
    if (key !== undefined) this.#addKey(key, isStrict);
    if (job !== undefined) this.#addKey(job, false);
    if (project !== undefined && (isStrict || NEARLY.test(String(project)))) this.#addId(project);
  }

  #addId(id: unknown): void {
    if (!(typeof id === 'string' || typeof id === 'number') || !ID.test(String(id))) throw unknownProject();
    this.#ids.add(Number(id));
  }

  #addKey(key: unknown, isStrict: boolean): void {
    const [, id] = (typeof key === 'string' && KEY.exec(key)) || [];
    if (id !== undefined) this.#ids.add(Number(id));
    else if (isStrict || (String(key).includes('/') && NEARLY.test(String(key)))) throw unknownProject();
  }
}

/**
 * Refuses a request for projects that are not allowed.
 *
 * @throws Refusal
 */
export function checkProjects(named: readonly number[], allowed: readonly number[]): void {
  const other = named.find((id) => !allowed.includes(id));
  if (other !== undefined) throw new Refusal(403, `The token does not open project ${other}`);
}
