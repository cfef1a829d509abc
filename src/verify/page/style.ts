// How the page of the report looks: light and dark by the reader's choice, and on paper.

export const pageStyle = `
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1d2430;--soft:#5d6878;--rule:#e3e6ea;
--good:#1f7a53;--good-bg:#e6f4ed;--bad:#b3261e;--bad-bg:#fdecea;--warn:#8a5a00;--warn-bg:#fdf3dc;
--node:#2f4a73;--node-ink:#fff;--info:#1f5f8b}
@media (prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2029;--ink:#e4e8ee;--soft:#98a3b3;
--rule:#2b333f;--good:#5ccb98;--good-bg:#16332a;--bad:#ff8a80;--bad-bg:#3d1f1f;--warn:#f0c05a;
--warn-bg:#3a2f16;--node:#33507d;--info:#7fc0ec}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1180px;margin:0 auto;padding:32px 24px 72px}
h1{font-size:26px;line-height:1.25;margin:0 0 4px;font-weight:650}
h2{font-size:17px;margin:44px 0 12px;font-weight:650}
p{margin:0 0 10px;max-width:76ch}
.soft,caption{color:var(--soft)}
code,.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:12.5px;
overflow-wrap:anywhere}
.verdict{border-left:5px solid var(--good);background:var(--good-bg);padding:18px 22px;
border-radius:0 10px 10px 0}
.verdict.bad{border-color:var(--bad);background:var(--bad-bg)}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:18px 0 0}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:22px 0 0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 16px}
.tile b{display:block;font-size:24px;font-weight:650;font-variant-numeric:tabular-nums}
.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:16px;
overflow-x:auto}
.finding{border-left:4px solid var(--bad);padding-left:14px;margin:0 0 16px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--rule);vertical-align:top}
thead th{color:var(--soft);font-weight:550;font-size:13px}
#rows{table-layout:fixed;min-width:900px}
#rows th:nth-child(1),#rows th:nth-child(2){width:10%}#rows th:nth-child(3){width:29%}
#rows th:nth-child(4){width:15%}#rows th:nth-child(6){width:14%}
table.matrix{width:auto}
table.matrix td,table.matrix thead th{text-align:center;padding:5px 9px}
table.matrix thead th:first-child{text-align:left}
table.matrix tbody th{font-weight:550;white-space:nowrap}
table.matrix a{text-decoration:none;color:inherit;display:block}
.difference,.unknown{color:var(--bad);font-weight:700}
.open{color:var(--good)}.outside,.down{color:var(--warn)}.refused{color:var(--info)}
.denied,.absent{color:var(--soft)}
.tag{display:inline-block;border-radius:99px;padding:0 9px;font-size:12.5px;border:1px solid
currentColor;white-space:nowrap}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:12px 0 0;padding:0;list-style:none;
color:var(--soft);font-size:13px}
.tools{display:flex;flex-wrap:wrap;gap:10px;margin:0 0 12px;align-items:center}
.tools[hidden]{display:none}
input,select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--rule);
border-radius:8px;padding:7px 11px}
input{flex:1 1 260px}
input:focus-visible,select:focus-visible,a:focus-visible,summary:focus-visible{outline:2px solid
var(--info);outline-offset:2px}
details{border-top:1px solid var(--rule);padding:8px 0}
summary{cursor:pointer;font-weight:550}
svg.map{display:block;width:100%;height:auto;max-height:460px;min-width:640px}
.map .node.service rect{fill:var(--node);stroke:none}.map .node text{fill:var(--node-ink)}
.map .node.client rect,.map .node.internet rect,.map .node.host-resource rect{fill:var(--card);
stroke:var(--soft)}
.map .node.client text,.map .node.internet text,.map .node.host-resource text{fill:var(--ink)}
.map .zone text{fill:var(--soft)}
.map .line{stroke:var(--soft)}.map .line.open{stroke:var(--good)}.map .line.bad{stroke:var(--bad);
stroke-dasharray:6 3;stroke-width:2.2}
.map .head.edge{fill:var(--soft)}.map .head.open{fill:var(--good)}.map .head.bad{fill:var(--bad)}
td a{color:inherit}
tr:target{background:var(--warn-bg)}
@media print{:root{--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#bbb;--good:#075;--bad:#900}
body{font-size:10.5pt}main{max-width:none;padding:0}.tools{display:none}
details>*{display:revert}h2{break-after:avoid}tr,.finding,.card{break-inside:avoid}}
`;
