import type { RunningWorld } from '../../local/world.ts';
import type { Connection } from '../connection.ts';
import type { CacheView, ChapterView } from '../report/report.ts';

/** What a chapter has to tell with. */
export interface Stage {
  readonly connection: Connection;
  /** PEM file of the authority that signed the nodes' certificates. */
  readonly authorityFile: string;
  /** The local account itself, for what only its owner can do: make roles for applications. */
  readonly world: RunningWorld;
  /** A line of progress: about which cache, and what. */
  say(cacheId: string, line: string): void;
}

export interface Told {
  readonly succeeded: boolean;
  readonly caches: readonly CacheView[];
  readonly view: ChapterView;
}

/** One part of the main job's story. A capability adds its chapter to `chapters/` and to the list in `demo.ts`. */
export interface Chapter {
  readonly title: string;
  tell(stage: Stage): Promise<Told>;
}
