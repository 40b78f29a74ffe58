/** The report's style sheet, inline: the file needs nothing else. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --ground: #fbfbfa; --card: #fff; --ink: #1d1f21; --soft: #5c6168; --line: #dfe1e4; --link: #175cb0;
  --error: #b42318; --warning: #8a5300; --notice: #175cb0; --good: #1a7f4b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #141517; --card: #1d1f22; --ink: #e8e8e6; --soft: #a2a8b0; --line: #34373c; --link: #85b8ff;
    --error: #ff8a80; --warning: #f0b45a; --notice: #85b8ff; --good: #6fd39b;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 56rem; padding: 2.5rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: .15rem 0 .35rem; font-size: clamp(1.6rem, 1.2rem + 2vw, 2.25rem); line-height: 1.15; text-wrap: balance; }
h2 { margin: 3rem 0 .25rem; padding-bottom: .35rem; border-bottom: 2px solid currentColor; font-size: 1.35rem; }
h3 { margin: 1.75rem 0 0; font-size: 1.05rem; }
h2, h3 { scroll-margin-top: 1rem; }
p { margin: 0; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
ul, ol { margin: 0; padding: 0; list-style: none; }
.error { color: var(--error); }
.warning { color: var(--warning); }
.notice { color: var(--notice); }
.good { color: var(--good); }
.kicker, .advice, .message, .rest, .places, .title, .dot, dt, footer { color: var(--soft); }
.detail { font-size: 1.15rem; }
.count { color: var(--soft); font-size: .85rem; font-weight: 500; font-variant-numeric: tabular-nums; white-space: nowrap; }
.overview { margin: 1.25rem 0; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
.overview li { display: flex; gap: 1rem; justify-content: space-between; padding: .4rem .9rem; border-left: 4px solid currentColor; }
.overview li + li { border-top: 1px solid var(--line); }
.overview li:first-child { border-top-left-radius: .5rem; }
.overview li:last-child { border-bottom-left-radius: .5rem; }
.overview a { color: var(--ink); text-decoration-color: var(--soft); text-underline-offset: .2em; }
.overview .count { color: inherit; font-size: 1rem; font-weight: 650; }
.facts { display: grid; gap: .15rem 1rem; margin: 1.25rem 0 0; font-size: .95rem; }
.facts div { display: grid; grid-template-columns: 7rem 1fr; gap: .15rem 1rem; }
.facts dd { grid-column: 2; margin: 0; }
section.error, section.warning, section.notice, tr { color: var(--ink); }
section.error > h2 { color: var(--error); }
section.warning > h2 { color: var(--warning); }
section.notice > h2 { color: var(--notice); }
.causes { margin-top: .6rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
.causes > li { padding: .6rem .9rem; }
.causes > li + li { border-top: 1px solid var(--line); }
.subject { margin-right: .35rem; font-weight: 650; }
.places { font-size: .92rem; }
.places q { color: var(--ink); }
.rest, .more { margin-top: .25rem; font-size: .92rem; }
.more .places { padding-top: .25rem; }
summary { width: fit-content; cursor: pointer; }
section > details { margin-top: .6rem; }
.scroll { margin-top: .6rem; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
th, td { padding: .45rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th:first-child { padding-left: 0; }
thead th { color: var(--soft); font-size: .85rem; font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 500; }
.title { font-size: .9rem; font-weight: 400; }
.names { margin-top: .4rem; columns: 22rem; column-gap: 2rem; font-size: .92rem; }
.names li { padding: .15rem 0; break-inside: avoid; }
.number { width: 1%; text-align: right; font-variant-numeric: tabular-nums; }
td.number { font-weight: 650; }
td.none { color: var(--soft); font-weight: 400; }
footer { margin-top: 3rem; font-size: .9rem; }
@media (max-width: 36rem) {
  body { padding: 1.25rem 1rem 3rem; }
  .facts div { display: block; }
  .facts div + div { margin-top: .4rem; }
  th, td { padding: .45rem .35rem; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --link: #000;
    --error: #b42318; --warning: #8a5300; --notice: #175cb0; --good: #1a7f4b; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2, h3, .advice { break-after: avoid; }
  .causes > li:not(:has(details)), .places > li, tr { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  .kind > details::details-content { content-visibility: visible; block-size: auto; }
}
`;
