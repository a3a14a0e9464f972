"""The report's looks: plain, dark on white, one column, fit for paper, across, for a table is wide."""

CSS = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 74rem; padding: 2rem 1.5rem 4rem; background: #fff; color: #1a1a1a;
       font: 16px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .6rem; padding-bottom: .2rem; border-bottom: 1px solid #bbb; }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
p, ul { margin: .4rem 0; max-width: 50rem; }
.lead { color: #444; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .8125rem; font-variant-numeric: tabular-nums; margin: .3rem 0; }
th, td { padding: .3rem .35rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid #1a1a1a; vertical-align: bottom; white-space: normal; }
tr.ours td:first-child { border-left: 4px solid #0b5394; padding-left: calc(.35rem - 2px); }
td.best { font-weight: 700; }
td.bad { color: #a61c00; }
table.facts th, table.facts td { text-align: left; white-space: normal; vertical-align: top; }
table.facts td, summary, pre, .notes { overflow-wrap: anywhere; }
.notes { font-size: .85rem; color: #333; padding-left: 0; list-style: none; }
.warning { border-left: 4px solid #a61c00; padding: .3rem .8rem; background: #fdf3f1; }
figure { margin: 1rem 0 1.5rem; break-inside: avoid; }
figure img { max-width: 100%; height: auto; display: block; }
figcaption { font-size: .85rem; color: #333; margin-top: .3rem; max-width: 50rem; }
code, pre { font: .875rem/1.4 ui-monospace, Menlo, Consolas, monospace; }
pre { background: #f5f5f5; padding: .7rem 1rem; overflow-x: auto; white-space: pre-wrap; }
details { margin: .3rem 0; }
summary { cursor: pointer; }
@media screen and (max-width: 40rem) {
  body { padding: 1rem .8rem 2rem; }
  figure { overflow-x: auto; }
  figure img { max-width: none; }
}
@page { size: landscape; margin: 12mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2, h3 { break-after: avoid; }
  table { font-size: 8pt; }
  tr { break-inside: avoid; }
  .wide { overflow: visible; }
  figure img { max-height: 16cm; width: auto; }
}
"""
