/** Networks of IPv4 that are not public (RFC 6890 and its registry): the first address, and how many bits name it. */
const PRIVATE_IPV4: readonly (readonly [number, number])[] = [
  [0x00000000, 8],
  [0x0a000000, 8],
  [0x64400000, 10],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0xac100000, 12],
  [0xc0000000, 24],
  [0xc0000200, 24],
  [0xc0586300, 24],
  [0xc0a80000, 16],
  [0xc6120000, 15],
  [0xc6336400, 24],
  [0xcb007100, 24],
  [0xe0000000, 3],
];

/** Names that lead nowhere else (RFC 6761, 6762, 8375), and those that clouds use for themselves. */
const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|home\.arpa)\.?$/i;

/**
 * Whether an address, as text, is one of a private network, of this machine, of a link, or of no one: whatever is not
 * for the public. What is no address is not private.
 */
export function isPrivateAddress(address: string): boolean {
  const ipv4 = ipv4Of(address);
  if (ipv4 !== undefined) return isPrivateIpv4(ipv4);
  const words = ipv6Of(address);
  return words !== undefined && isPrivateIpv6(words);
}

/**
 * Whether a URL is one into a private network, as far as the URL alone tells. The parser of URLs has brought all
 * spellings of an address, such as `0x7f.1` and `2130706433`, into one.
 */
export function isPrivateUrl({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  // A name without a dot is one of the network that this machine is in.
  return isPrivateAddress(host) || PRIVATE_NAME.test(host) || !/[.:]./.test(host);
}

function isPrivateIpv4(address: number): boolean {
  return PRIVATE_IPV4.some(([network, bits]) => address >>> (32 - bits) === network >>> (32 - bits));
}

function isPrivateIpv6(words: readonly number[]): boolean {
  const [first = 0, second = 0, third = 0, , , sixth = 0, seventh = 0, eighth = 0] = words;
  const ipv4 = (high: number, low: number): boolean => isPrivateIpv4(((high << 16) | low) >>> 0);
  // Addresses of IPv4 as of IPv6, and translations to them (RFC 6052, RFC 3056): those into a private network lead there.
  if (words.slice(0, 5).every((word) => word === 0) && sixth === 0xffff) return ipv4(seventh, eighth);
  if (first === 0x64 && second === 0xff9b && words.slice(2, 6).every((word) => word === 0))
    return ipv4(seventh, eighth);
  if (first === 0x2002) return ipv4(second, third);
  // Only 2000::/3 is for the public, but for protocols such as Teredo, and for documentation.
  if (first >>> 13 !== 1) return true;
  return (first === 0x2001 && (second < 0x200 || second === 0xdb8)) || (first === 0x3fff && second < 0x1000);
}

function ipv4Of(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((address, part) => address * 256 + part, 0);
}

/** The eight words of an address of IPv6. */
function ipv6Of(text: string): number[] | undefined {
  // What names the interface is not part of the address.
  const address = text.replace(/%.*$/s, '');
  if (!address.includes(':') || !URL.canParse(`http://[${address}]/`)) return undefined;
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const first = words(head);
  if (tail === undefined) return first;
  const last = words(tail);
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}
