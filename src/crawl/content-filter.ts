import { checkInteger, expected } from '../errors/index.ts';
import type { CrawlOptions } from './crawl-options.ts';

/** Whether the body of an answer is wanted, by its headers. What they do not say is no reason against it. */
export function contentFilter({
  contentTypes,
  maxContentLength = Number.POSITIVE_INFINITY,
}: Pick<CrawlOptions, 'contentTypes' | 'maxContentLength'>): (
  headers: Readonly<Record<string, readonly string[]>>,
) => boolean {
  if (maxContentLength !== Number.POSITIVE_INFINITY) checkInteger('maxContentLength', maxContentLength, 0);
  if (contentTypes !== undefined && !Array.isArray(contentTypes)) {
    expected('`contentTypes` to be a list of types', contentTypes);
  }
  const types = contentTypes?.map((type) => {
    if (typeof type !== 'string' || !/^[^/\s]+\/[^/\s]+$/.test(type)) {
      expected("a type of content to be such as 'text/html' or 'image/*'", type);
    }
    return type.toLowerCase().replace(/\*$/, '');
  });
  return (headers) => {
    const [length] = headers['content-length'] ?? [];
    if (length !== undefined && Number(length) > maxContentLength) return false;
    const [full] = headers['content-type'] ?? [];
    if (!types || full === undefined) return true;
    const type = full.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    return types.some((one) => (one.endsWith('/') ? type.startsWith(one) : type === one));
  };
}
