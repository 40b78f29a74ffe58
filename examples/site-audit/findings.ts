/** Everything that an audit can find, with its weight and its words. */

export type Severity = 'error' | 'warning' | 'notice';

export const severities: readonly Severity[] = ['error', 'warning', 'notice'];

/** The codes are stable: `report.json` carries them. The advice is what to do about one of them. */
export const findingCodes = {
  'page-missing': {
    severity: 'error',
    title: 'Pages that were asked for and do not exist',
    advice: 'Check the address that the audit was given.',
  },
  'page-unreachable': {
    severity: 'error',
    title: 'Pages that could not be read',
    advice: 'Open the page; if it loads, audit again, else mend the server.',
  },
  'link-broken': {
    severity: 'error',
    title: 'Links to something that does not exist',
    advice: 'Correct the address or take the link out.',
  },
  'link-invalid': {
    severity: 'error',
    title: 'Links that are no valid address',
    advice: 'Write the address out in full, or take the link out.',
  },
  'link-unreachable': {
    severity: 'error',
    title: 'Links that could not be checked: no sound answer',
    advice: 'Open the address; if it loads, audit again.',
  },
  'anchor-missing': {
    severity: 'error',
    title: 'Links to a place that its page does not have',
    advice: 'Correct what follows the #, or give the heading that is meant this id.',
  },
  'image-broken': {
    severity: 'error',
    title: 'Images that do not load',
    advice: 'Correct the src, or put the file back.',
  },
  'image-alt-missing': {
    severity: 'warning',
    title: 'Images without alternative text',
    advice: 'Say what the image shows; alt="" if it only decorates.',
  },
  'heading-empty': {
    severity: 'warning',
    title: 'Empty headings',
    advice: 'Give it a text or take it out: screen readers announce it.',
  },
  'h1-missing': {
    severity: 'warning',
    title: 'Pages without a first-level heading',
    advice: 'Say in one <h1> what the page is about.',
  },
  'h1-multiple': {
    severity: 'warning',
    title: 'Pages with more than one first-level heading',
    advice: 'Keep one <h1>; make the others second-level.',
  },
  'heading-skipped': {
    severity: 'warning',
    title: 'Headings that skip a level',
    advice: 'Use the next level down: who jumps from heading to heading looks for the one between.',
  },
  'id-duplicate': {
    severity: 'warning',
    title: 'Ids given twice',
    advice: 'Rename one: a link reaches only the first.',
  },
  'title-missing': {
    severity: 'warning',
    title: 'Pages without a title',
    advice: 'Give the page a <title>: tabs, bookmarks and search results show it.',
  },
  'redirect-chain': {
    severity: 'warning',
    title: 'Links that go through several redirects',
    advice: 'Link to where the chain ends.',
  },
  'page-too-large': {
    severity: 'warning',
    title: 'Pages too large to be read whole',
    advice: 'Split the page; what lies beyond the limit was not audited.',
  },
  'external-unreachable': {
    severity: 'warning',
    title: 'Links to other sites that could not be reached',
    advice: 'Open one of them; if it loads, audit again from a machine that is online.',
  },
  'link-moved': {
    severity: 'notice',
    title: 'Links to an address that moved for good',
    advice: 'Link to the new address.',
  },
  'link-guarded': {
    severity: 'notice',
    title: 'Links that ask for a login or refuse robots',
    advice: "Open it yourself: it can't be judged from outside.",
  },
  'link-private': {
    severity: 'notice',
    title: 'Links into a private network',
    advice: 'Take it out if readers elsewhere are meant to follow it; it was not checked.',
  },
  'page-orphan': {
    severity: 'notice',
    title: 'Pages to which no other page links',
    advice: 'Link to it from where readers would look, or remove it.',
  },
  'page-links-cut': {
    severity: 'notice',
    title: 'Pages with more links than are listed',
    advice: 'Nothing: all links were checked, not all are listed.',
  },
} as const satisfies Record<string, { severity: Severity; title: string; advice: string }>;

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
