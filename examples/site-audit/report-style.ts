/** The report's style sheet, inline: the file needs nothing else. */
export const reportStyle = `
:root {
  --ground: #fbfbfa; --card: #fff; --ink: #1d1f21; --soft: #5c6168; --line: #dfe1e4;
  --error: #b42318; --warning: #8a5300; --notice: #175cb0; --good: #1a7f4b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #141517; --card: #1d1f22; --ink: #e8e8e6; --soft: #a2a8b0; --line: #34373c;
    --error: #ff8a80; --warning: #f0b45a; --notice: #85b8ff; --good: #6fd39b;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; }
header > p { margin: .4rem 0; color: var(--soft); }
header > .good { color: var(--good); font-weight: 600; }
a { color: var(--notice); }
code { font: .92em ui-monospace, monospace; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0; }
.figure { display: flex; flex-direction: column-reverse; padding: .75rem 1rem; border: 1px solid var(--line);
  border-radius: .6rem; background: var(--card); }
.figure dt { color: var(--soft); font-size: .9rem; }
.figure dd { margin: 0; font-size: 1.9rem; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums; }
.figure.error dd, section.error h2, td.error { color: var(--error); }
.figure.warning dd, section.warning h2, td.warning { color: var(--warning); }
.figure.notice dd, section.notice h2, td.notice { color: var(--notice); }
.count { color: var(--soft); font-size: .85rem; font-weight: 500; font-variant-numeric: tabular-nums; }
details { margin: .6rem 0; border: 1px solid var(--line); border-left-width: 4px; border-radius: .5rem; background: var(--card); }
section.error details { border-left-color: var(--error); }
section.warning details { border-left-color: var(--warning); }
section.notice details { border-left-color: var(--notice); }
summary { padding: .6rem .9rem; cursor: pointer; }
.page { font-weight: 600; }
details ul { margin: 0; padding: 0; list-style: none; }
details li { padding: .55rem .9rem; border-top: 1px solid var(--line); }
.message, .place { color: var(--soft); font-size: .92rem; }
.place::before { content: "· "; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-size: .85rem; font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 500; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
footer { margin-top: 3rem; color: var(--soft); font-size: .9rem; }
@media print { body { max-width: none; padding: 0; } details { break-inside: avoid; } }
`;
