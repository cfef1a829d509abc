// A dashboard as a list of panels, each a question to Prometheus, and the making of Grafana's JSON
// from it: what a person looks at is in the files beside, how Grafana wants it is here.

import { DashboardBuilder, DashboardCursorSync } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as SeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

export interface Board {
  /** Its file and its address: `overview`. */
  readonly id: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Panel {
  readonly title: string;
  /** What to think of it. */
  readonly says: string;
  /** One number now, or lines over time. */
  readonly kind: 'stat' | 'series';
  /** Grafana's own word: `short`, `currencyUSD`, `Bps`, `s`, `percentunit`. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

export interface Query {
  readonly expr: string;
  /** `{{service}}`; left out where there is one line. */
  readonly legend?: string;
}

export const datasource = { type: 'prometheus', uid: 'clincher-prometheus' } as const;

/** Over which a rate is taken: Grafana makes it fit what is shown and how often it is scraped. */
export const rateOver = '$__rate_interval';

const columns = 24;
const sizes = { stat: { w: 6, h: 4 }, series: { w: 12, h: 8 } } as const;

/** The same board gives the same bytes. */
export function boardJson({ id, title, panels }: Board): string {
  const builder = new DashboardBuilder(`clincher: ${title}`)
    .uid(`clincher-${id}`)
    .tags(['clincher'])
    .readonly()
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair);
  let [x, y, rowHeight] = [0, 0, 0];
  for (const [index, panel] of panels.entries()) {
    const { w, h } = sizes[panel.kind];
    if (x + w > columns || (rowHeight !== 0 && rowHeight !== h)) {
      [x, y, rowHeight] = [0, y + rowHeight, 0];
    }
    builder.withPanel(panelBuilder(panel, index + 1).gridPos({ x, y, w, h }));
    [x, rowHeight] = [x + w, h];
  }
  return `${JSON.stringify(sorted(builder.build()), null, 2)}\n`;
}

function panelBuilder({ title, says, kind, unit, queries }: Panel, id: number) {
  const builder = kind === 'stat' ? new StatBuilder() : new SeriesBuilder();
  builder.id(id).title(title).description(says).unit(unit).datasource(datasource);
  for (const [index, { expr, legend }] of queries.entries()) {
    const query = new DataqueryBuilder()
      .refId(String.fromCharCode(65 + index))
      .datasource(datasource)
      .expr(expr)
      .legendFormat(legend ?? title);
    builder.withTarget(kind === 'stat' ? query.instant() : query.range());
  }
  return builder;
}

/** By key, so that a newer library that writes in another order changes nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
