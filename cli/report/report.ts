import type { Followed } from '../follow.ts';
import { timelineSvg } from './timeline.ts';

export interface ShardView {
  readonly id: string;
  /** Slot ranges, `0-5461`; empty without cluster mode. */
  readonly slots: string;
  readonly primary: string;
  readonly replicas: readonly string[];
}

export interface CacheView {
  readonly id: string;
  readonly engine: string;
  readonly nodeType: string;
  readonly clusterMode: boolean;
  readonly tls: boolean;
  readonly authRequired: boolean;
  readonly status: string;
  readonly endpoint: string;
  readonly shards: readonly ShardView[];
  readonly monthlyCostUsd?: number;
}

/** One part of the story: what was done, in sentences, and the executions that did it. */
export interface ChapterView {
  readonly title: string;
  readonly sentences: readonly string[];
  readonly executions: readonly Followed[];
  /** SVG documents that we drew ourselves. */
  readonly pictures?: readonly string[];
}

export interface ReportView {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly caches: readonly CacheView[];
  readonly chapters: readonly ChapterView[];
}

/** Text made safe to stand in a page. */
const html = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const STYLE = `
  :root { color-scheme: light; }
  body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; background: #f6f7f9; margin: 0; }
  main { max-width: 980px; margin: 0 auto; padding: 32px 20px 64px; }
  h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 10px; } h3 { font-size: 15px; margin: 18px 0 6px; }
  .card { background: #fff; border: 1px solid #dfe4ea; border-radius: 8px; padding: 14px 18px; margin: 12px 0; overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid #edf0f3; vertical-align: top; }
  th { font-weight: 600; color: #55616e; } code { font-size: 13px; } dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 0; }
  dt { color: #55616e; } dd { margin: 0; } .shard { display: flex; gap: 8px; align-items: center; margin: 6px 0; flex-wrap: wrap; }
  .node { border-radius: 6px; padding: 3px 10px; font-size: 13px; border: 1px solid #b9c4cf; background: #fff; } .primary { background: #2f7d5b; border-color: #2f7d5b; color: #fff; }
  .slots { color: #55616e; font-size: 13px; min-width: 185px; } .done { color: #2f7d5b; } .failed { color: #b3372f; } svg, img { max-width: 100%; height: auto; }
`;

const topology = ({ id, shards }: CacheView) => `
  <h3>${html(id)}</h3>
  ${shards
    .map(
      (
        shard,
      ) => `<div class="shard"><span class="slots">shard ${html(shard.id)}${shard.slots ? ` · ${html(shard.slots)}` : ''}</span>
        <span class="node primary" title="primary">${html(shard.primary)}</span>
        ${shard.replicas.map((node) => `<span class="node" title="replica">${html(node)}</span>`).join(' ')}</div>`,
    )
    .join('\n')}`;

const yes = (value: boolean) => (value ? 'yes' : 'no');

const cacheRow = (cache: CacheView) => `<tr>
  <td><b>${html(cache.id)}</b></td><td>${html(cache.engine)}</td><td>${html(cache.nodeType)}</td>
  <td>${cache.clusterMode ? 'enabled' : 'disabled'}</td><td>${yes(cache.tls)}</td><td>${yes(cache.authRequired)}</td>
  <td>${html(cache.status)}</td><td><code>${html(cache.endpoint)}</code></td>
  <td>${cache.monthlyCostUsd === undefined ? 'unknown' : `${cache.monthlyCostUsd.toFixed(0)} USD`}</td></tr>`;

const executionCard = (execution: Followed) => {
  const failed = execution.status !== 'SUCCEEDED';
  const seconds = ((execution.endedAt ?? execution.startedAt).getTime() - execution.startedAt.getTime()) / 1000;
  const problem = execution.error ? ` · ${html(execution.error)}: ${html(execution.cause ?? '')}` : '';
  return `<div class="card"><h3>${html(execution.name)}</h3>
    <p><span class="${failed ? 'failed' : 'done'}">${html(execution.status)}</span> in ${seconds.toFixed(0)} s of account time, ${execution.steps.length} states${problem}</p>
    ${timelineSvg(execution)}</div>`;
};

/** As an image of its own, so that its styles and ids stay its own. */
const pictureCard = (svg: string) =>
  `<div class="card"><img alt="timeline of the drill" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}"></div>`;

const chapter = ({ title, sentences, executions, pictures = [] }: ChapterView) => `
  <h2>${html(title)}</h2>
  ${sentences.map((sentence) => `<p>${html(sentence)}</p>`).join('\n')}
  ${pictures.map(pictureCard).join('\n')}
  ${executions.map(executionCard).join('\n')}`;

/** The report of a run as one HTML page that needs nothing else: caches, topology, the timeline of each execution. */
export const reportHtml = ({ title, facts, caches, chapters }: ReportView): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)}</title>
<style>${STYLE}</style>
<main>
  <h1>${html(title)}</h1>
  <div class="card"><dl>${facts.map(([name, value]) => `<dt>${html(name)}</dt><dd>${html(value)}</dd>`).join('')}</dl></div>
  <h2>Caches</h2>
  <div class="card"><table>
    <tr><th>cache</th><th>engine</th><th>node type</th><th>cluster mode</th><th>TLS</th><th>AUTH</th><th>status</th><th>endpoint</th><th>a month</th></tr>
    ${caches.map(cacheRow).join('\n')}
  </table></div>
  <h2>Topology, as created</h2>
  <p><span class="node primary">primary</span> <span class="node">replica</span></p>
  <div class="card">${caches.map(topology).join('\n')}</div>
  ${chapters.map(chapter).join('\n')}
</main>
</html>
`;
