/** Everything that an audit can find, with its weight and its words. */

export type Severity = 'error' | 'warning' | 'notice';

export const severities: readonly Severity[] = ['error', 'warning', 'notice'];

/** Stable: `report.json` carries them. */
export const findingCodes = {
  'page-missing': { severity: 'error', title: 'Page does not exist' },
  'page-unreachable': { severity: 'error', title: 'Page could not be read' },
  'link-broken': { severity: 'error', title: 'Link to something that does not exist' },
  'link-invalid': { severity: 'error', title: 'Link is no valid address' },
  'link-unreachable': { severity: 'error', title: 'Link could not be checked: no sound answer' },
  'anchor-missing': { severity: 'error', title: 'Link to a place that its page does not have' },
  'image-broken': { severity: 'error', title: 'Image does not load' },
  'image-alt-missing': { severity: 'warning', title: 'Image without alternative text' },
  'heading-empty': { severity: 'warning', title: 'Empty heading' },
  'h1-missing': { severity: 'warning', title: 'No first-level heading' },
  'h1-multiple': { severity: 'warning', title: 'More than one first-level heading' },
  'heading-skipped': { severity: 'warning', title: 'Heading skips a level' },
  'id-duplicate': { severity: 'warning', title: 'Id given twice' },
  'title-missing': { severity: 'warning', title: 'Page without a title' },
  'redirect-chain': { severity: 'warning', title: 'Link goes through several redirects' },
  'page-too-large': { severity: 'warning', title: 'Page is too large to be read whole' },
  'external-unreachable': { severity: 'warning', title: 'Other sites that could not be reached' },
  'link-moved': { severity: 'notice', title: 'Link to an address that moved for good' },
  'link-guarded': { severity: 'notice', title: 'Link that asks for a login or refuses robots' },
  'link-private': { severity: 'notice', title: 'Link into a private network; not checked' },
  'page-orphan': { severity: 'notice', title: 'No page links here' },
  'page-links-cut': { severity: 'notice', title: 'Too many links to list; all were checked' },
} as const satisfies Record<string, { severity: Severity; title: string }>;

export type FindingCode = keyof typeof findingCodes;

export interface Finding {
  readonly code: FindingCode;
  /** One sentence that says what is wrong here. */
  readonly message: string;
  /** Line in the page's source; absent if it is about the whole page. */
  readonly line?: number;
  /** The heading under which it is. */
  readonly section?: string;
  /** The text of the link, or the alternative text of the image. */
  readonly text?: string;
  /** Where the link or image points. */
  readonly target?: string;
}

export function severityOf(finding: Finding): Severity {
  return findingCodes[finding.code].severity;
}
