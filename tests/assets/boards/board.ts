// SPDX-License-Identifier: Apache-2.0
// What Grafana's own types say of a dashboard, put together so that every panel is checked with the
// options of its kind and every override with the field it changes. schema_test.py writes one file
// for each board and version of Grafana, in which the board's JSON stands as a literal.
import type * as Schema10 from 'schema10';
import type * as Schema11 from '@grafana/schema';
import type * as BarGauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.d.ts';
import type * as Heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen.d.ts';
import type * as Stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts';
import type * as StateTimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.d.ts';
import type * as Table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.d.ts';
import type * as TimeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts';
import type * as Prometheus from 'schema10/dist/esm/raw/composable/prometheus/dataquery/x/PrometheusDataQuery_types.gen';

/** A type as JSON writes it: enumerators are their values. */
type Json<T> = T extends string ? `${T}`
  : T extends number ? (`${T}` extends `${infer N extends number}` ? N : T)
  : T extends boolean | null | undefined ? T
  : T extends (infer U)[] ? Json<U>[]
  : T extends object ? { [K in keyof T]: Json<T[K]> }
  : T;

interface DataLink {
  title: string;
  url: string;
  targetBlank?: boolean;
}

/** The defaults of a panel's fields, `custom` being what its kind adds. */
type Defaults<Custom> = Omit<Json<Schema11.FieldConfig>, 'custom' | 'links'> & {
  custom?: Json<Custom>;
  links?: DataLink[];
};

/** One changed property of one field, such as `unit` or `custom.lineWidth`. */
type Property<Custom> =
  | { [K in keyof Defaults<Custom>]-?: K extends 'custom' ? never : { id: K; value: Defaults<Custom>[K] } }[keyof Defaults<Custom>]
  | { [K in keyof Custom & string]-?: { id: `custom.${K}`; value: Json<Custom[K]> } }[keyof Custom & string];

interface Override<Custom> {
  matcher: { id: 'byName' | 'byRegexp' | 'byFrameRefID' | 'byType'; options: string };
  properties: Property<Custom>[];
}

type Target = Json<Prometheus.PrometheusDataQuery> & { expr: string; datasource: Schema11.DataSourceRef };

type Transformation =
  | { id: 'merge'; options: Record<string, never> }
  | {
      id: 'organize';
      options: {
        excludeByName: Record<string, boolean>;
        indexByName: Record<string, number>;
        renameByName: Record<string, string>;
      };
    };

type PanelOf<Type extends string, Options, Custom> = Omit<
  Json<Schema11.Panel>,
  'type' | 'options' | 'fieldConfig' | 'targets' | 'transformations' | 'links'
> & {
  type: Type;
  id: number;
  targets: Target[];
  transformations?: Transformation[];
  options: Json<Options>;
  fieldConfig: { defaults: Defaults<Custom>; overrides: Override<Custom>[] };
};

type Panel11 =
  | PanelOf<'bargauge', BarGauge.Options, Record<never, never>>
  | PanelOf<'heatmap', Heatmap.Options, Heatmap.FieldConfig>
  | PanelOf<'stat', Stat.Options, Record<never, never>>
  | PanelOf<'state-timeline', StateTimeline.Options, StateTimeline.FieldConfig>
  | PanelOf<'table', Table.Options, Partial<Table.FieldConfig>>
  | PanelOf<'timeseries', TimeSeries.Options, TimeSeries.FieldConfig>
  | Json<Schema11.RowPanel>;

/** What Grafana's data source for Prometheus adds to an annotation; the schema leaves it open. */
interface PrometheusAnnotation {
  expr?: string;
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
  target?: { expr: string; refId: string };
}

/** The schema has no `definition`: it is what Grafana shows of a query in its list of variables. */
type Variable<T> = T & { definition?: string };

type Annotations<T> = { list?: (Omit<T, 'target'> & PrometheusAnnotation)[] };

export type Board11 = Omit<Json<Schema11.Dashboard>, 'panels' | 'annotations' | 'templating'> & {
  panels: Panel11[];
  annotations: Annotations<Json<Schema11.AnnotationQuery>>;
  templating: { list: Variable<Json<Schema11.VariableModel>>[] };
};

// The schema of Grafana 10 says less of panels: their options are open. That of 9.5 is left out: it
// describes variables and annotations as Grafana keeps them in memory, not as they are imported.
export type Board10 = Omit<Json<Schema10.Dashboard>, 'annotations' | 'templating'> & {
  annotations: Annotations<Json<Schema10.AnnotationQuery>>;
  templating: { list: Variable<Json<Schema10.VariableModel>>[] };
};
