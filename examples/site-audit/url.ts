/** Addresses: one spelling for each, and what kind of job checks it. */

/** Where a link points: the address without its fragment, and the fragment as a browser would look it up. */
export interface Address {
  readonly url: string;
  /** Decoded; null without one, and for `#` and `#top`, which exist on every page. */
  readonly fragment: string | null;
}

export type Resolved =
  | ({ readonly kind: 'web' } & Address)
  /** `mailto:`, `tel:`, `data:`, …: nothing that an audit of a web site can ask. */
  | { readonly kind: 'other' }
  /** Also one so long that no server need take it. */
  | { readonly kind: 'invalid' };

const maxLength = 2_048;

/** Resolves what an attribute says against the page's base, and brings it into the one spelling. */
export function resolveUrl(reference: string, base: string): Resolved {
  let url: URL;
  try {
    url = new URL(reference.trim(), base);
  } catch {
    return { kind: 'invalid' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { kind: 'other' };
  const spelled = spell(url);
  return spelled.length > maxLength
    ? { kind: 'invalid' }
    : { kind: 'web', url: spelled, fragment: fragmentOf(url.hash) };
}

/**
 * The one spelling of an address: no fragment, no credentials, no empty query, and percent-encoding
 * only where it is needed. Host, port and dot segments are brought into form by `URL` itself.
 *
 * @throws TypeError if it is no absolute URL
 */
export function normaliseUrl(url: string): string {
  return spell(new URL(url));
}

/** Which task checks an address of the site: `page` reads it, `link` only asks whether it is there. */
export type CheckKind = 'page' | 'link' | 'external' | 'unchecked';

/**
 * Says by the address alone who checks it, so that every page that names an address asks for the
 * same job: one address is one job in an audit, whether a link or an image names it.
 */
export function checkKind(url: string, origin: string): CheckKind {
  const { origin: own, hostname, pathname } = new URL(url);
  if (own === origin) return assetPattern.test(pathname) ? 'link' : 'page';
  // A page of another's site must not send us to our own network. The audited host itself is fine.
  return isPrivateHost(hostname) && hostname !== new URL(origin).hostname ? 'unchecked' : 'external';
}

/** File names that no browser shows as a page. */
const assetPattern =
  /\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|css|[cm]?[jt]s|[jt]sx|jsonc?|xml|txt|csv|ya?ml|toml|pdf|zip|t?gz|7z|dmg|exe|mp[34]|webm|og[gv]|wav|woff2?|ttf|wasm|map|sql|lua|sh|lock)$/i;

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\./.test(hostname);
}

function isPrivateHost(hostname: string): boolean {
  return (
    isLoopback(hostname) ||
    /^(?:0|10)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\./.test(hostname) ||
    /^\[(?:::|f[cd]|fe[89ab])/.test(hostname)
  );
}

function spell(url: URL): string {
  const copy = new URL(url.href);
  copy.hash = '';
  copy.username = '';
  copy.password = '';
  copy.pathname = spellEscapes(copy.pathname);
  copy.search = spellEscapes(copy.search);
  return copy.href;
}

/** `%7euser` and `~user` are one address: unreserved characters stand for themselves, other escapes are in upper case. */
function spellEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escaped.toUpperCase();
  });
}

function fragmentOf(hash: string): string | null {
  // What follows `:~:` is for the browser alone (a text to highlight).
  const raw = hash.slice(1).split(':~:')[0] as string;
  if (raw === '' || raw.toLowerCase() === 'top') return null;
  try {
    const decoded = decodeURIComponent(raw);
    return decoded.includes('\0') ? raw : decoded;
  } catch {
    return raw;
  }
}
