import type { CallOptions, Path } from '../../http/index.ts';
import type { CommandNeeds } from './command-needs.ts';
import { encodeJson } from './encode-json.ts';

/** Where fields are kept. */
export interface FieldsPlace {
  readonly path: readonly string[];
  /** Fields that are read only. */
  readonly fixed: readonly string[];
}

/** Stores fields where the server merges them with those that are there, so that it may be repeated. */
export async function storeFields(
  needs: CommandNeeds,
  place: FieldsPlace,
  values: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<void> {
  const { checkObject, connection, path } = needs;
  checkObject('values', values);
  for (const field of Object.keys(values)) pathOf(needs, place, field);
  const body = encodeJson(needs, 'values', values);
  // The answer is empty: a page of somebody else's instead of it shows, as it is no JSON.
  if (body !== '{}')
    await connection.json(path`/${place.path}`, { ...options, method: 'POST', body, idempotent: true });
}

/** Removes a field; that it is absent is no error. */
export async function deleteField(
  needs: CommandNeeds,
  place: FieldsPlace,
  field: string,
  options: CallOptions,
): Promise<void> {
  await needs.connection.json(pathOf(needs, place, field), { ...options, method: 'DELETE' });
}

/** The path of a field that may be changed. */
function pathOf({ expected, path }: CommandNeeds, place: FieldsPlace, field: string): Path {
  if (place.fixed.includes(field)) expected(`a field other than ${place.fixed.join(', ')} to change`, field);
  return path`/${[...place.path, field]}`;
}
