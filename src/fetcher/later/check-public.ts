import { PrivateNetworkError, pathOf } from './needs.ts';

/**
 * Refuses a URL into a private network, as far as the URL alone tells.
 *
 * @throws PrivateNetworkError
 */
export async function checkPublic(url: URL): Promise<void> {
  const { isPrivateUrl } = await import('../private-network.ts');
  if (isPrivateUrl(url)) throw new PrivateNetworkError(`${pathOf(url)} is in a private network`);
}
